// The configuration as it would be after an import: conf keys, connections, secrets, streams and rules in memory, with the same checks as the real ones
// and no effect. What stands in its tables at the end is what the store gets. Used by importer.ts.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { ComponentFiles } from '../../config/index.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { Extensions } from '../../extensions/index.ts';
import type { Runtime } from '../../runtime/index.ts';
import { type ConfKeyStore, openConfKeys } from '../conf-keys.ts';
import { type ConnectionStore, openConnections } from '../connections.ts';
import { type LoadPlanning, type PlanningDeps, planningLoader } from '../rules/planning.ts';
import { resolveSecrets } from '../secrets/references.ts';
import { openStreamCatalog } from '../streams/stream-catalog.ts';
import { createStreamService, type StreamService } from '../streams/stream-service.ts';
import { streamValidator } from '../streams/validate-stream.ts';
import type { Tables } from '../tables.ts';
import { createMemoryTable } from './memory-table.ts';

export const SHADOWED = ['streams', 'rules', 'confKeys', 'connections', 'secrets'] as const;
export type ShadowRows = Record<(typeof SHADOWED)[number], Map<string, string>>;

export interface ShadowDeps {
  tables: Tables;
  componentFiles: ComponentFiles;
  connectors(name: string): ConnectorEntry | undefined;
  formats(): readonly string[];
  functions(): Promise<FunctionCatalogue>;
  runtime: Runtime;
  extensions: Pick<Extensions, 'scripts'>;
  settings: PlanningDeps['settings'];
  clock: Clock;
  log: Log;
}

export interface Shadow {
  readonly rows: ShadowRows;
  readonly confKeys: ConfKeyStore;
  readonly connections: ConnectionStore;
  readonly streams: StreamService;
  readonly planning: LoadPlanning;
}

/** What is stored now. */
export async function storedRows(tables: Tables): Promise<ShadowRows> {
  const out = {} as ShadowRows;
  for (const name of SHADOWED) out[name] = await tables[name].all();
  return out;
}

/** @param rows to begin with; changed by what is put into the shadow */
export async function createShadow(deps: ShadowDeps, rows: ShadowRows): Promise<Shadow> {
  const { connectors, formats, functions, runtime, settings, clock, componentFiles } = deps;
  // what would be logged is in the report
  const log = deps.log.atLevel('fatal');
  const secretOf = (name: string): string | undefined => {
    const row = rows.secrets.get(name);
    return row === undefined ? undefined : (JSON.parse(row) as { value: string }).value;
  };
  const resolve = <T>(value: T): T => resolveSecrets(value, secretOf);
  const confKeys = await openConfKeys(createMemoryTable(rows.confKeys), componentFiles, log);
  const connections = await openConnections({
    table: createMemoryTable(rows.connections),
    clock,
    log,
    connectors,
    usedBy: () => [],
    look: false,
  });
  const catalog = await openStreamCatalog(createMemoryTable(rows.streams), log);
  const specDeps = { confKeys, connections, log, resolve };
  const streams = createStreamService({
    catalog,
    formats,
    usedBy: () => [],
    columnsRead: () => [],
    validate: streamValidator(connectors, runtime, specDeps),
  });
  const planning = planningLoader(
    {
      ...specDeps,
      scripts: deps.extensions.scripts,
      settings,
      findStream: (name) => catalog.get(name),
      streamNames: () => catalog.list().map((d) => d.name),
    },
    functions,
  );
  return { rows, confKeys, connections, streams, planning };
}
