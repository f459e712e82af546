// Rows into a table of an SQLite file. The table is made from the first row; columns that come later are added. Node's own SQLite: no package.
import { mkdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { defineSink, finalError, type Row } from '@kuiper-gateway/plugin';

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

export const Sqlite = defineSink({
  doc: 'Writes rows into a table of an SQLite file.',
  options: {
    file: { type: 'string', doc: 'Path of the file; a relative one is below data/ of the gateway.', required: true },
    table: { type: 'string', doc: 'Table; made when it is not there.', required: true },
    keepDays: { type: 'float', doc: 'Rows older than this are removed, by the column `at` (ms). 0: never.', default: 0, min: 0 },
  },
  create() {
    let file = '';
    let table = '';
    let keepMs = 0;
    let db: DatabaseSync | undefined;
    let columns = new Set<string>();
    let sweptAtMs = 0;

    const open = (root: string) => {
      const path = isAbsolute(file) ? file : join(root, 'data', file);
      mkdirSync(dirname(path), { recursive: true });
      db = new DatabaseSync(path);
      db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000');
      db.exec(`CREATE TABLE IF NOT EXISTS "${table}" (at INTEGER NOT NULL)`);
      db.exec(`CREATE INDEX IF NOT EXISTS "${table}_at" ON "${table}" (at)`);
      columns = new Set(
        db
          .prepare(`PRAGMA table_info("${table}")`)
          .all()
          .map((c) => String(c['name']).toLowerCase()),
      );
    };
    const insert = (row: Row) => {
      const entries = Object.entries(row).filter(([name]) => name !== 'at');
      for (const [name] of entries) {
        if (!NAME.test(name)) throw finalError(`"${name}" is not a name of a column: rename it in the rule with AS`);
        if (columns.has(name.toLowerCase())) continue;
        db!.exec(`ALTER TABLE "${table}" ADD COLUMN "${name}"`);
        columns.add(name.toLowerCase());
      }
      const at = row['at'] instanceof Date ? row['at'].getTime() : typeof row['at'] === 'number' ? row['at'] : Date.now();
      const names = ['at', ...entries.map(([name]) => `"${name}"`)];
      db!
        .prepare(`INSERT INTO "${table}" (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`)
        .run(at, ...entries.map(([, v]) => cellOf(v)));
    };
    return {
      configure({ options }) {
        if (!NAME.test(options.table)) throw new Error(`option table: "${options.table}" is not a name of a table: letters, digits and _`);
        ({ file, table } = options);
        keepMs = options.keepDays * 86_400_000;
      },
      open: (ctx) => open(ctx.getRootPath()),
      collect(_ctx, data) {
        // all rows of a result or none: a retry must not double them
        db!.exec('BEGIN IMMEDIATE');
        try {
          for (const row of [data].flat()) insert(row);
          const nowMs = Date.now();
          if (keepMs > 0 && nowMs - sweptAtMs > 60_000) {
            sweptAtMs = nowMs;
            db!.prepare(`DELETE FROM "${table}" WHERE at < ?`).run(nowMs - keepMs);
          }
          db!.exec('COMMIT');
        } catch (error) {
          db!.exec('ROLLBACK');
          // columns that were added are gone again
          columns = new Set(
            db!
              .prepare(`PRAGMA table_info("${table}")`)
              .all()
              .map((c) => String(c['name']).toLowerCase()),
          );
          throw error;
        }
      },
      close() {
        db?.close();
        db = undefined;
      },
    };
  },
});

function cellOf(v: unknown): SQLInputValue {
  if (v === null || v === undefined) return null;
  if (typeof v === 'boolean') return v ? 1n : 0n;
  // a whole number is an INTEGER, not 1.0
  if (Number.isSafeInteger(v)) return BigInt(v as number);
  if (typeof v === 'number' || typeof v === 'bigint' || typeof v === 'string' || v instanceof Uint8Array) return v;
  if (v instanceof Date) return v.getTime();
  return JSON.stringify(v, (_k, x: unknown) => (typeof x === 'bigint' ? String(x) : x));
}
