// Export and import of the whole configuration, in eKuiper's twelve maps (`Service` and `Schema` with capital S). Secrets leave as
// ******; when such a text comes back, the secret that is stored stays.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isTooDeep, TOO_DEEP } from '../../base/json-depth.ts';
import { bigintAsNumber } from '../../base/raw-json.ts';
import { restoreSecrets } from '../../base/secrets.ts';
import type { ComponentKind } from '../../config/index.ts';
import { maskSecrets, type Props } from '../../contract/props.ts';
import { setMember } from '../../data/set-member.ts';
import type { ConfKeyStore } from '../conf-keys.ts';
import type { ConnectionStore } from '../connections.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import { type PluginAdmin, rulesTouchedBy } from '../plugins/index.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { SchemaRegistry } from '../schemas.ts';
import { optionOf } from '../streams/definition.ts';
import type { StreamService } from '../streams/stream-service.ts';
import type { Uploads } from '../uploads.ts';
import { parseRuleset, type RulesetTransfer } from './ruleset.ts';

const PARTS = [
  'streams',
  'tables',
  'rules',
  'nativePlugins',
  'portablePlugins',
  'sourceConfig',
  'sinkConfig',
  'connectionConfig',
  'Service',
  'Schema',
  'uploads',
  'scripts',
] as const;

type Part = (typeof PARTS)[number];
/** Each value: name → JSON or SQL text (import: name → reason of a refusal). */
export type Configuration = Record<Part, Record<string, string>>;

export interface DataTransfer {
  exportAll(): Configuration;
  /** Given rules and what they read; conf keys and connections in full. */
  exportRules(ids: readonly string[]): Configuration;
  /** @param text JSON of the twelve maps  @param partial keeps what exists; otherwise all rules, streams and conf keys go first
   *  @returns refusals by part and name, all maps empty when everything was taken over */
  import(text: string, partial: boolean): Promise<Configuration>;
  /** Refusals of the last import. */
  lastStatus(): Configuration;
}

export interface DataTransferDeps {
  ruleset: RulesetTransfer;
  streams: StreamService;
  rules: RuleService;
  confKeys: ConfKeyStore;
  connections: ConnectionStore;
  schemas: SchemaRegistry;
  uploads: Uploads;
  plugins: PluginAdmin;
}

const KIND_OF: Readonly<Record<string, ComponentKind>> = { sourceConfig: 'sources', sinkConfig: 'sinks', connectionConfig: 'connections' };

export function emptyConfiguration(): Configuration {
  return Object.fromEntries(PARTS.map((p) => [p, {}])) as Configuration;
}

export function createDataTransfer(deps: DataTransferDeps): DataTransfer {
  let last = emptyConfiguration();
  const configOf = (kind: ComponentKind, wanted?: ReadonlySet<string>): Record<string, string> => {
    const byType = new Map<string, Record<string, unknown>>();
    for (const k of deps.confKeys.stored()) {
      if (k.kind !== kind || (wanted && !wanted.has(`${k.type}.${k.key}`))) continue;
      const keys = byType.get(k.type) ?? {};
      setMember(keys, k.key, maskSecrets(k.props));
      byType.set(k.type, keys);
    }
    return Object.fromEntries([...byType].map(([type, keys]) => [type, JSON.stringify(keys, bigintAsNumber)]));
  };
  const withConfig = (base: Partial<Configuration>, sources?: ReadonlySet<string>, sinks?: ReadonlySet<string>): Configuration => ({
    ...emptyConfiguration(),
    ...base,
    uploads: deps.uploads.exportAll(),
    sourceConfig: configOf('sources', sources),
    sinkConfig: configOf('sinks', sinks),
    connectionConfig: { ...configOf('connections'), ...namedConnections(deps.connections) },
  });
  return {
    exportAll: () => withConfig({ ...deps.ruleset.exportAll(), Schema: deps.schemas.exportAll(), nativePlugins: deps.plugins.exportAll() }),
    exportRules: (ids) =>
      withConfig({ ...deps.ruleset.exportRules(ids), nativePlugins: pluginsOf(ids, deps) }, sourceKeysOf(ids, deps), sinkKeysOf(ids, deps)),
    lastStatus: () => last,
    async import(text, partial) {
      const set = parseConfiguration(text);
      for (const part of PARTS)
        for (const [name, body] of Object.entries(set[part]))
          if (part !== 'uploads' && isTooDeep(String(body)))
            throw new GatewayError('REST_BODY', { what: `${part} ${name}`, problem: TOO_DEEP });
      const failed = emptyConfiguration();
      // what is masked in an export of this gateway gets its secrets back, before the rules and keys that hold them go
      set.rules = Object.fromEntries(Object.entries(set.rules).map(([id, rule]) => [id, deps.rules.withSecrets(id, rule)]));
      // what is not a statement is refused below, with its reason
      for (const part of ['streams', 'tables'] as const)
        for (const [name, sql] of Object.entries(set[part]))
          setMember(set[part], name, await deps.streams.withSecrets(name, sql).catch(() => sql));
      const before = deps.confKeys.stored();
      if (!partial) await removeAll(deps);
      const attempt = async (part: Part, name: string, work: () => Promise<unknown>) => {
        try {
          await work();
        } catch (error) {
          setMember(failed[part], name, messageOf(error));
        }
      };
      // first: rules and streams are checked against them
      for (const [name, body] of Object.entries(set.nativePlugins))
        await attempt('nativePlugins', name, () => deps.plugins.importOne(name, body));
      for (const [name, body] of Object.entries(set.Schema)) await attempt('Schema', name, () => deps.schemas.importOne(name, body));
      for (const part of ['sourceConfig', 'sinkConfig', 'connectionConfig'] as const)
        for (const [type, keys] of Object.entries(set[part]))
          await attempt(part, type, () => importKeys(deps, KIND_OF[part]!, type, keys, before));
      for (const [name, body] of Object.entries(set.uploads)) await attempt('uploads', name, () => deps.uploads.importOne(name, body));
      const result = await deps.ruleset.import(set, true);
      Object.assign(failed, result.problems);
      for (const part of ['portablePlugins', 'Service', 'scripts'] as const)
        for (const name of Object.keys(set[part]))
          setMember(failed[part], name, new GatewayError('SERVICE_MISSING', { what: `the import of ${part}` }).message);
      last = failed;
      return failed;
    },
  };
}

/** Conf keys that streams and tables of the rules name: `mqtt.plant`. */
function sourceKeysOf(ids: readonly string[], { rules, streams }: DataTransferDeps): Set<string> {
  const sources = ids.flatMap((id) => rules.sourcesOf(id)).map((name) => streams.find(name));
  return new Set(sources.map((d) => (d ? `${d.type}.${optionOf(d, 'CONF_KEY') ?? 'default'}` : '')));
}

/** Plugins that the rules use. */
function pluginsOf(ids: readonly string[], { rules, streams, plugins }: DataTransferDeps): Record<string, string> {
  const texts = rules.texts();
  const used = ids.map((id) => ({
    id,
    text: texts.get(id) ?? '',
    sourceTypes: rules.sourcesOf(id).map((name) => streams.find(name)?.type ?? ''),
    actions: rules.actionsOf(id),
  }));
  return plugins.exportAll((kind, name, functions) => rulesTouchedBy({ kind, name, what: 'moved', functions }, used).length > 0);
}

/** Resources that actions of the rules name. */
function sinkKeysOf(ids: readonly string[], { rules }: DataTransferDeps): Set<string> {
  const actions = ids.flatMap((id) => rules.actionsOf(id)).flatMap((a) => Object.entries(a));
  return new Set(actions.map(([type, props]) => `${type}.${(props as { resourceId?: string } | null)?.resourceId ?? ''}`));
}

export function hasProblems(c: Configuration): boolean {
  return Object.values(c).some((items) => Object.keys(items).length > 0);
}

function namedConnections(connections: ConnectionStore): Record<string, string> {
  return Object.fromEntries(
    connections.list().map(({ id, typ, props }) => [`connection.${id}`, JSON.stringify({ id, typ, props }, bigintAsNumber)]),
  );
}

async function importKeys(
  { confKeys, connections }: DataTransferDeps,
  kind: ComponentKind,
  type: string,
  text: string,
  before: ReturnType<ConfKeyStore['stored']>,
): Promise<void> {
  const value = parseKeepingIntegers(text) as Record<string, unknown>;
  if (type.startsWith('connection.')) {
    const { id, typ, props } = value as { id: string; typ: string; props: Props };
    const exists = connections.list().some((c) => c.id === id);
    await (exists ? connections.replace(id, typ, props) : connections.create(id, typ, props));
    return;
  }
  for (const [key, props] of Object.entries(value) as [string, Props][]) {
    const old = before.find((k) => k.kind === kind && k.type === type && k.key === key)?.props;
    await confKeys.put(kind, type, key, JSON.stringify(restoreSecrets(props, old), bigintAsNumber));
  }
}

function parseConfiguration(text: string): Configuration {
  // checks the three maps that every version has; the others may be missing
  let set: Partial<Configuration>;
  try {
    set = parseRuleset(text, 'configuration unmarshal with error') as Partial<Configuration>;
  } catch (error) {
    throw new GatewayError('SERVICE_REFUSED', { text: messageOf(error).replace('error: ', 'error ') });
  }
  const all = emptyConfiguration();
  for (const part of PARTS) if (set[part] !== undefined && set[part] !== null) all[part] = set[part];
  return all;
}

async function removeAll({ rules, streams, confKeys }: DataTransferDeps): Promise<void> {
  for (const id of rules.texts().keys()) await rules.delete(id);
  for (const d of streams.all()) await streams.drop(d.kind, d.name, true);
  for (const k of confKeys.stored()) await confKeys.delete(k.kind, k.type, k.key);
}
