// Lookup tables that are filled by what arrives (memory) are open as long as they exist, as in eKuiper: a row that comes before the first rule that joins
// the table must be found later. Follows the catalog; the rules share what is open (runtime/table).
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectorEntry } from '../../contract/connector.ts';
import type { Runtime, SourceSpec } from '../../runtime/index.ts';
import type { SourceDefinition } from './definition.ts';

export interface StandingTables {
  /** Opens what is new, closes what is gone or has changed. Never throws: a table that cannot be opened now is opened with its first rule. */
  follow(all: readonly SourceDefinition[]): Promise<void>;
  close(): void;
}

export interface StandingTableDeps {
  connectors(name: string): ConnectorEntry | undefined;
  runtime: Pick<Runtime, 'holdTable'>;
  specOf(definition: SourceDefinition): SourceSpec;
  log: Log;
}

interface Held {
  readonly spec: string;
  release(): void;
}

export function createStandingTables({ connectors, runtime, specOf, log }: StandingTableDeps): StandingTables {
  const held = new Map<string, Held>();
  let closed = false;

  const release = (name: string): void => {
    held.get(name)?.release();
    held.delete(name);
  };
  const hold = async (definition: SourceDefinition): Promise<void> => {
    const { name } = definition;
    try {
      const wanted = specOf(definition);
      const spec = JSON.stringify(wanted);
      const before = held.get(name);
      if (before?.spec === spec) return;
      const next = await runtime.holdTable(wanted);
      if (closed) return next();
      // the old one goes last: an equal source behind another name of the statement keeps its rows
      held.get(name)?.release();
      held.set(name, { spec, release: next });
    } catch (error) {
      log.warn({ table: name, cause: messageOf(error) }, 'A lookup table cannot be opened before its rules.');
    }
  };
  return {
    async follow(all) {
      const standing = all.filter((d) => d.lookup && connectors(d.type)?.standing);
      const names = new Set(standing.map((d) => d.name));
      for (const name of [...held.keys()]) if (!names.has(name)) release(name);
      for (const definition of standing) await hold(definition);
    },
    close() {
      closed = true;
      for (const name of [...held.keys()]) release(name);
    },
  };
}
