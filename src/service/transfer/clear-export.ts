// The configuration for an eKuiper, which has no seals: every secret in clear, values in the place of `${secret:name}`, and what the other side must get by
// other ways told. Only for who asks for it by its own route (POST /data/export/ekuiper); every other export is masked. Called by data-transfer.ts.
import { bigintAsNumber } from '../../base/raw-json.ts';
import { MASK, SECRET_REFERENCE } from '../../base/secrets.ts';
import { setMember } from '../../data/set-member.ts';
import type { ConfKeyStore } from '../conf-keys.ts';
import type { ConnectionStore } from '../connections.ts';
import { editJsonText } from '../json-text.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { optionOf } from '../streams/definition.ts';
import { clearStatement } from '../streams/stream-secrets.ts';
import type { StreamService } from '../streams/stream-service.ts';
import type { Configuration } from './configuration.ts';

export interface ClearExportDeps {
  streams: StreamService;
  rules: RuleService;
  confKeys: ConfKeyStore;
  connections: ConnectionStore;
  secrets: Pick<SecretStore, 'resolve'>;
}

/** @property notes sentences about what does not come along */
export type ClearExport = Configuration & { notes: string[] };

const PATHS = /"(?:certificationPath|privateKeyPath|rootCaPath)\\*"\s*:\s*\\*"([^"\\]+)/gi;

/** @param shown the same export with masked secrets: it says what is in it
 *  @throws GatewayError SECRET_UNKNOWN when something refers to a secret that there is not */
export function clearExport(shown: Configuration, deps: ClearExportDeps): ClearExport {
  const { streams, rules, confKeys, connections, secrets } = deps;
  const resolve = <T>(value: T): T => secrets.resolve(value);
  const clearTexts = rules.clearTexts();
  const statements = (names: readonly string[]) =>
    mapOf(names, (name) => {
      const found = streams.find(name);
      return found ? clearStatement(found, resolve) : '';
    });
  const keysOf = (kind: 'sources' | 'sinks') => {
    const byType = new Map<string, Record<string, unknown>>();
    const wanted = new Set(Object.entries(shown[`${kind === 'sources' ? 'source' : 'sink'}Config`]).flatMap(([t, text]) => idsOf(t, text)));
    if (kind === 'sources') for (const id of keysOfStreams(shown, streams)) wanted.add(id);
    for (const id of wanted) {
      const dot = id.indexOf('.');
      const [type, key] = [id.slice(0, dot), id.slice(dot + 1)];
      const props = confKeys.find(kind, type, key);
      if (!props) continue;
      const keys = byType.get(type) ?? {};
      setMember(keys, key, resolve(props));
      byType.set(type, keys);
    }
    return textsOf(byType);
  };
  const named = new Map<string, Record<string, unknown>>();
  for (const { id, typ } of connections.list()) {
    const keys = named.get(typ) ?? {};
    setMember(keys, id, resolve(connections.props(id)));
    named.set(typ, keys);
  }
  const clear: Configuration = {
    ...shown,
    streams: statements(Object.keys(shown.streams)),
    tables: statements(Object.keys(shown.tables)),
    rules: mapOf(Object.keys(shown.rules), (id) => withValues(clearTexts.get(id) ?? '', resolve)),
    sourceConfig: keysOf('sources'),
    sinkConfig: keysOf('sinks'),
    connectionConfig: textsOf(named),
    // ours are TypeScript, eKuiper's are shared objects
    nativePlugins: {},
  };
  return { ...clear, notes: notesOf(shown, clear) };
}

function withValues(text: string, resolve: <T>(value: T) => T): string {
  if (text.search(SECRET_REFERENCE) < 0) return text;
  return editJsonText(text, (rule) => {
    for (const part of ['actions', 'graph']) if (rule[part] !== undefined) rule[part] = resolve(rule[part]);
  });
}

/** Keys that streams and tables name, also those of files: `mqtt.plant`. Every gateway has a `default` of its own. */
function keysOfStreams(shown: Configuration, streams: StreamService): string[] {
  return [...Object.keys(shown.streams), ...Object.keys(shown.tables)].flatMap((name) => {
    const found = streams.find(name);
    const key = found && optionOf(found, 'CONF_KEY');
    return found && key !== undefined ? [`${found.type}.${key}`] : [];
  });
}

function notesOf(shown: Configuration, clear: Configuration): string[] {
  const plugins = Object.keys(shown.nativePlugins).map(
    (name) => `Plugin ${name} stays: it is written for this gateway. What uses it is refused there.`,
  );
  const files = new Set<string>();
  const masked: string[] = [];
  for (const [part, items] of Object.entries(clear))
    for (const [name, text] of Object.entries(items)) {
      if (part === 'uploads' || part === 'scripts') continue;
      for (const [, path = ''] of text.matchAll(PATHS)) files.add(path);
      if (text.includes(MASK)) masked.push(`${part} ${name}: a secret is missing here as well; it was never set again after an import.`);
    }
  return [...plugins, ...masked, ...[...files].sort().map((path) => `${path} must lie there under the same name.`)];
}

const idsOf = (type: string, text: string): string[] => Object.keys(JSON.parse(text)).map((key) => `${type}.${key}`);

function mapOf(names: readonly string[], of: (name: string) => string): Record<string, string> {
  const all: Record<string, string> = {};
  for (const name of names) setMember(all, name, of(name));
  return all;
}

function textsOf(byType: ReadonlyMap<string, Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries([...byType].map(([type, keys]) => [type, JSON.stringify(keys, bigintAsNumber)]));
}
