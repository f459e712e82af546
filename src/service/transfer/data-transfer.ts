// Export and import of the whole configuration in eKuiper's twelve maps (configuration.ts). Secrets leave as ******; when such a text comes back, the
// secret that is stored stays. What an import does and what it must never do: importer.ts.
import { bigintAsNumber } from '../../base/raw-json.ts';
import type { ComponentKind } from '../../config/index.ts';
import { maskSecrets, type Props } from '../../contract/props.ts';
import { setMember } from '../../data/set-member.ts';
import type { Scripts } from '../../extensions/index.ts';
import type { ConfKeyStore } from '../conf-keys.ts';
import type { ConnectionStore } from '../connections.ts';
import { type PluginAdmin, type PortableAdmin, rulesTouchedBy } from '../plugins/index.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { SchemaRegistry } from '../schemas.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { optionOf } from '../streams/definition.ts';
import type { StreamService } from '../streams/stream-service.ts';
import type { Uploads } from '../uploads.ts';
import type { ClearExport } from './clear-export.ts';
import { type Configuration, emptyConfiguration, PARTS, type Part, parseConfiguration } from './configuration.ts';
import type { Importer, ImportOptions } from './importer.ts';
import { type ImportReport, refusedIn } from './report.ts';
import type { RulesetTransfer } from './ruleset.ts';
import { targetOf } from './target.ts';

export { type Configuration, emptyConfiguration, hasProblems } from './configuration.ts';

export interface DataTransfer {
  exportAll(): Configuration;
  /** Given rules and what they read; conf keys and connections in full. */
  exportRules(ids: readonly string[]): Configuration;
  /** For an eKuiper: secrets in clear. @param ids of rules; undefined: everything */
  exportClear(ids?: readonly string[]): Promise<ClearExport>;
  /** @param text JSON of the twelve maps
   *  @returns refusals by part and name, all maps empty when everything was taken over; and the report, object by object */
  import(text: string, options: ImportOptions): Promise<{ failed: Configuration; report: ImportReport }>;
  /** Refusals of the last import. */
  lastStatus(): Configuration;
  /** Undefined: there was none since the start. */
  lastReport(): ImportReport | undefined;
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
  scripts: Scripts;
  portables: PortableAdmin;
  externalServices: Pick<PortableAdmin, 'exportAll'>;
  importer: Importer;
  secrets: Pick<SecretStore, 'resolve'>;
  nowMs(): number;
}

export function createDataTransfer(deps: DataTransferDeps): DataTransfer {
  let last = emptyConfiguration();
  let lastReport: ImportReport | undefined;
  const configOf = (kind: ComponentKind, wanted?: ReadonlySet<string>): Record<string, string> => {
    const byType = new Map<string, Record<string, unknown>>();
    for (const k of deps.confKeys.stored()) {
      if (k.kind !== kind || (wanted && !wanted.has(`${k.type}.${k.key}`))) continue;
      const keys = byType.get(k.type) ?? {};
      setMember(keys, k.key, maskSecrets(k.props));
      byType.set(k.type, keys);
    }
    return textsOf(byType);
  };
  const withConfig = (base: Partial<Configuration>, sources?: ReadonlySet<string>, sinks?: ReadonlySet<string>): Configuration => ({
    ...emptyConfiguration(),
    ...base,
    uploads: deps.uploads.exportAll(),
    scripts: deps.scripts.exportAll(),
    portablePlugins: deps.portables.exportAll(),
    Service: deps.externalServices.exportAll(),
    sourceConfig: configOf('sources', sources),
    sinkConfig: configOf('sinks', sinks),
    connectionConfig: namedConnections(deps.connections),
  });
  const exportAll = () =>
    withConfig({ ...deps.ruleset.exportAll(), Schema: deps.schemas.exportAll(), nativePlugins: deps.plugins.exportAll() });
  const exportRules = (ids: readonly string[]) =>
    withConfig({ ...deps.ruleset.exportRules(ids), nativePlugins: pluginsOf(ids, deps) }, sourceKeysOf(ids, deps), sinkKeysOf(ids, deps));
  return {
    exportAll,
    exportRules,
    async exportClear(ids) {
      const { clearExport } = await import('./clear-export.ts');
      return clearExport(ids ? exportRules(ids) : exportAll(), deps);
    },
    lastStatus: () => last,
    lastReport: () => lastReport,
    async import(text, options) {
      const set = parseConfiguration(text);
      const report: ImportReport = set
        ? await deps.importer.run(targetOf(set), options)
        : { applied: false, atMs: deps.nowMs(), items: [], notes: ['The import names no part of a configuration; nothing was changed.'] };
      const failed = emptyConfiguration();
      for (const { part, name, reason } of refusedIn(report))
        if (PARTS.includes(part as Part)) setMember(failed[part as Part], name, reason ?? '');
      if (!options.dryRun) {
        last = failed;
        lastReport = report;
      }
      return { failed, report };
    },
  };
}

function textsOf(byType: ReadonlyMap<string, Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries([...byType].map(([type, keys]) => [type, JSON.stringify(keys, bigintAsNumber)]));
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

/** As eKuiper has them: type → JSON of id → properties. */
function namedConnections(connections: ConnectionStore): Record<string, string> {
  const byType = new Map<string, Record<string, unknown>>();
  for (const { id, typ, props } of connections.list()) {
    const keys = byType.get(typ) ?? {};
    setMember(keys, id, props satisfies Props);
    byType.set(typ, keys);
  }
  return textsOf(byType);
}
