// Rows of a damaged file that can still be read go into the new one: by their number, from both ends, so that one page costs its own rows and few
// others. For checkpoints and queues; the catalog has a copy of its own. Called by index.ts at the opening of a file that replaces a damaged one.
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { openDamaged, type RawDatabase } from './open-database.ts';

type Row = Record<string, string | number | Buffer | null>;

/** @returns rows that were taken over  @throws what writing into the new file throws; never for the old one */
export async function salvageTable(raw: RawDatabase, aside: string, table: string, log: Log): Promise<number> {
  let old: Awaited<ReturnType<typeof openDamaged>>;
  try {
    old = await openDamaged(aside);
  } catch (error) {
    log.warn({ code: 'STORE_FAILED', cause: messageOf(error) }, 'Nothing of the damaged database can be read.');
    return 0;
  }
  let taken = 0;
  try {
    const columns = new Set((await raw.all<{ name: string }>(`PRAGMA table_info(${table})`)).map((c) => c.name));
    let last = 0;
    for (const [compare, order] of [
      ['>', 'ASC'],
      ['<', 'DESC'],
    ] as const) {
      let at = order === 'ASC' ? 0 : Number.MAX_SAFE_INTEGER;
      for (;;) {
        const found = await old.raw
          .all<Row & { row_id: number }>(
            `SELECT rowid AS row_id, * FROM ${table} WHERE rowid ${compare} ? ORDER BY rowid ${order} LIMIT 1`,
            [at],
          )
          .catch((error: unknown) => {
            log.debug({ table, cause: messageOf(error) }, 'A damaged page ends the reading.');
            return [];
          });
        const row = found[0];
        if (!row || (order === 'DESC' && row.row_id <= last)) break;
        at = row.row_id;
        if (order === 'ASC') last = at;
        const names = Object.keys(row).filter((c) => columns.has(c));
        await raw.run(
          `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
          names.map((c) => row[c]!),
        );
        taken++;
      }
    }
  } finally {
    await old.close().catch((error: unknown) => log.debug({ cause: messageOf(error) }, 'Closing the damaged database failed.'));
  }
  return taken;
}
