// Secrets with a name, for `${secret:name}`: set, listed without their values, removed when nothing refers to them. Used by rest/routes/secrets.ts.
import type { Clock } from '../../base/clock.ts';
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { checkName } from '../names.ts';
import { resolveSecrets } from './references.ts';
import type { SealedTable } from './sealed-table.ts';

export interface SecretInfo {
  name: string;
  /** When it was set last, epoch ms. */
  setAtMs: number;
  /** Rules that use it now. */
  rules: string[];
}

export interface SecretStore {
  list(): SecretInfo[];
  /** Rules that use it go on with the new value. */
  set(name: string, value: string): Promise<void>;
  /** @throws GatewayError SECRET_UNKNOWN, SERVICE_REFUSED when rules use it */
  remove(name: string): Promise<void>;
  /** Puts values in the place of references. @throws GatewayError SECRET_UNKNOWN */
  resolve<T>(value: T): T;
  /** After the rows were changed by somebody else. */
  reload(): Promise<void>;
}

export interface SecretDeps {
  table: SealedTable;
  clock: Clock;
  /** Rules that refer to it. */
  usedBy(name: string): string[];
  /** What rules hand to connectors now. */
  fingerprints(): ReadonlyMap<string, string>;
  /** Rules that hand over something else than before are to go on with it. */
  changed(before: ReadonlyMap<string, string>): void;
}

interface Entry {
  value: string;
  atMs: number;
}

export const maskSecretRow = (text: string): string => JSON.stringify({ ...(JSON.parse(text) as Entry), value: '******' });

export async function openSecrets({ table, clock, usedBy, fingerprints, changed }: SecretDeps): Promise<SecretStore> {
  let all = new Map<string, Entry>();
  const reload = async () => {
    all = new Map([...(await table.all())].map(([name, text]) => [name, JSON.parse(text) as Entry]));
  };
  await reload();
  const found = (name: string) => {
    if (!all.has(checkName(name))) throw new GatewayError('SECRET_UNKNOWN', { name });
  };
  return {
    list: () =>
      [...all].map(([name, { atMs }]) => ({ name, setAtMs: atMs, rules: usedBy(name) })).sort((a, b) => (a.name < b.name ? -1 : 1)),
    async set(name, value) {
      checkName(name);
      if (value === '') throw new GatewayError('SERVICE_REFUSED', { text: `secret ${name}: the value is empty` });
      const entry: Entry = { value, atMs: clock.now() };
      const before = fingerprints();
      await table.set(name, JSON.stringify(entry));
      all.set(name, entry);
      changed(before);
    },
    async remove(name) {
      found(name);
      const rules = usedBy(name);
      if (rules.length > 0)
        throw new GatewayError('SERVICE_REFUSED', { text: `secret ${name} is used by the rules ${rules.join(', ')}; change them first` });
      await table.delete(name);
      all.delete(name);
    },
    resolve: (value) => resolveSecrets(value, (name) => all.get(name)?.value),
    reload,
  };
}
