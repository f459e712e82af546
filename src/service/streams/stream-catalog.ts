// All streams and tables, in memory and in the store. One name space for both, as in eKuiper. Written through: memory changes only
// after the store has the change, so a failed write leaves nothing half-applied.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { KvTable } from '../../store/index.ts';
import { definitionOf, parseStreamStatement, type SourceDefinition } from './definition.ts';

export interface StreamCatalog {
  get(name: string): SourceDefinition | undefined;
  /** In order of names. */
  list(): SourceDefinition[];
  put(definition: SourceDefinition): Promise<void>;
  delete(name: string): Promise<void>;
  /** After the rows were changed by somebody else. Temporary ones stay. */
  reload(): Promise<void>;
}

/** Reads what is stored. An entry that does not parse any more is kept in the store, left out and logged: it never stops the start.
 *  @param table name → `{"sql": …}`
 *  @param changed gets all of them after each change, and at first */
export async function openStreamCatalog(
  table: KvTable,
  log: Log,
  changed: (all: readonly SourceDefinition[]) => Promise<void> = async () => undefined,
): Promise<StreamCatalog> {
  const all = new Map<string, SourceDefinition>();
  const reload = async () => {
    const next: SourceDefinition[] = [];
    for (const [name, text] of await table.all()) next.push(...(await read(name, text)));
    // in one turn: a rule that is planned meanwhile sees all or nothing of it
    for (const d of [...all.values()]) if (!d.temp) all.delete(d.name);
    for (const d of next) all.set(d.name, d);
    await changed([...all.values()]);
  };
  const read = async (name: string, text: string): Promise<SourceDefinition[]> => {
    try {
      const { sql } = JSON.parse(text) as { sql: string };
      const statement = await parseStreamStatement(sql);
      if (statement.kind !== 'create') throw new Error('not a CREATE statement');
      return [{ ...definitionOf(sql, statement), name }];
    } catch (error) {
      log.error({ code: 'CATALOG_ENTRY', stream: name, reason: messageOf(error) }, 'A stored stream cannot be read; skipping it.');
      return [];
    }
  };
  await reload();
  return {
    get: (name) => all.get(name),
    list: () => [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    async put(definition) {
      // TEMP sources live in memory only
      if (definition.temp) await table.delete(definition.name);
      else await table.set(definition.name, JSON.stringify({ sql: definition.sql }));
      all.set(definition.name, definition);
      await changed([...all.values()]);
    },
    async delete(name) {
      await table.delete(name);
      all.delete(name);
      await changed([...all.values()]);
    },
    reload,
  };
}
