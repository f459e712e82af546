// Tables of the gateway. Scan tables belong to a rule; lookup tables are shared by all rules that join a table with equal options.
// Made by runtime/index.ts; next: scan-table.ts, lookup-table.ts.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import type { SourceSpec } from '../definition.ts';
import type { Environment } from '../environment.ts';
import type { TableAccess } from '../ports.ts';
import { type OpenLookupTable, openLookupTable } from './lookup-table.ts';
import { openScanTable } from './scan-table.ts';

interface Shared {
  users: number;
  opening: Promise<OpenLookupTable>;
}

export function createTables(env: Environment): TableAccess {
  const lookups = new Map<string, Shared>();

  const open = async (spec: SourceSpec): Promise<OpenLookupTable> => {
    const entry = env.deps.connectors(spec.type);
    const definition = entry?.offers.includes('lookup') ? (await entry.load()).lookup : undefined;
    if (!definition) throw new GatewayError('RUNTIME_UNKNOWN_LOOKUP', { type: spec.type });
    return openLookupTable(env, spec, definition);
  };
  return {
    openScan: openScanTable,
    async openLookup(spec) {
      const key = keyOf(spec);
      let shared = lookups.get(key);
      if (!shared) {
        shared = { users: 0, opening: open(spec) };
        lookups.set(key, shared);
      }
      const own = shared;
      own.users++;
      let released = false;
      const release = (): void => {
        if (released) return;
        released = true;
        if (--own.users > 0) return;
        if (lookups.get(key) === own) lookups.delete(key);
        own.opening.then(
          (table) => table.close(),
          () => undefined, // it never opened: whoever waits for it has the error
        );
      };
      try {
        const { table } = await own.opening;
        return { table, release };
      } catch (error) {
        release();
        throw error;
      }
    },
  };
}

/** Equal for tables that are the same to their source. */
const keyOf = (spec: SourceSpec): string =>
  JSON.stringify([spec.type, spec.datasource, Object.entries(spec.props).sort(([a], [b]) => (a < b ? -1 : 1)), spec.key]);
