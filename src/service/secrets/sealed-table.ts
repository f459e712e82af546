// A table of the catalog whose texts may hold secrets. The row holds the text as it may be shown, with ****** in the place of each secret; the whole
// text lies beside it, sealed, in the table `sealed`. So a copy of the files gives nothing away, an older program still reads the row, and who has lost
// the key still has everything but the secrets. Both are written in one transaction. Made by service/tables.ts. Next: vault.ts.
import { textSum } from '../../base/checksum.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { KvTable, Store, StoreChange } from '../../store/index.ts';
import type { Vault } from './vault.ts';

export interface SealedTable extends KvTable {
  /** What a transaction has to hold for these entries; `undefined` deletes. */
  changes(entries: Readonly<Record<string, string | undefined>>): Promise<StoreChange[]>;
  /** Rows as they may be shown. */
  shown(): Promise<Map<string, string>>;
  /** Seals what lies in clear or under an old key. @returns how many rows were sealed */
  reseal(): Promise<number>;
}

export interface SealedTableOptions {
  store: Pick<Store, 'kv' | 'commit'>;
  table: string;
  /** Absent: texts are kept as they are. */
  sealing: { vault: Vault; log: Log } | undefined;
  /** The text without its secrets; the same text when it has none. */
  mask(text: string): string | Promise<string>;
  /** The text with the secrets of `old` in the place of masks: for rows that an older program has changed. */
  restore(text: string, old: string): string | Promise<string>;
}

/** Sum of the row that the sealed text belongs to, then the sealed text. */
interface SealedRow {
  sum: string;
  text: string;
}

export function createSealedTable({ store, table, sealing, mask, restore }: SealedTableOptions): SealedTable {
  const vault = sealing?.vault;
  const rows = store.kv(table);
  const sealed = store.kv('sealed');
  const contextOf = (key: string) => `${table}/${key}`;
  const changes: SealedTable['changes'] = async (entries) => {
    const out: StoreChange[] = [];
    for (const [key, value] of Object.entries(entries)) {
      const shown = value === undefined || !vault ? value : await mask(value);
      out.push({ table, key, value: shown });
      if (!vault) continue;
      const row = value === undefined || shown === value ? undefined : rowOf(value, shown!, contextOf(key));
      if (row !== undefined || (await sealed.get(contextOf(key))) !== undefined)
        out.push({ table: 'sealed', key: contextOf(key), value: row });
    }
    return out;
  };
  const rowOf = (text: string, shown: string, context: string): string =>
    JSON.stringify({ sum: textSum(shown), text: vault!.seal(text, context) } satisfies SealedRow);
  /** The text as it was given. */
  const whole = async (key: string, shown: string, row: string | undefined): Promise<string> => {
    if (row === undefined || !vault) return shown;
    try {
      const { sum, text } = JSON.parse(row) as SealedRow;
      const full = vault.open(text, contextOf(key));
      return sum === textSum(shown) ? full : await restore(shown, full);
    } catch (error) {
      sealing!.log.error(
        { code: 'SECRET_SEALED', place: contextOf(key), reason: messageOf(error) },
        'A sealed secret cannot be opened; set it again.',
      );
      return shown;
    }
  };
  const write = async (entries: Readonly<Record<string, string | undefined>>) => store.commit(await changes(entries));
  return {
    changes,
    async get(key) {
      const shown = await rows.get(key);
      return shown === undefined ? undefined : whole(key, shown, await sealed.get(contextOf(key)));
    },
    set: (key, value) => write({ [key]: value }),
    setMany: write,
    async delete(key) {
      if ((await rows.get(key)) === undefined) return false;
      await write({ [key]: undefined });
      return true;
    },
    keys: () => rows.keys(),
    async all() {
      const [shown, secrets] = [await rows.all(), vault ? await sealed.all() : new Map<string, string>()];
      const out = new Map<string, string>();
      for (const [key, text] of shown) out.set(key, await whole(key, text, secrets.get(contextOf(key))));
      return out;
    },
    async shown() {
      const out = new Map<string, string>();
      for (const [key, text] of await rows.all()) out.set(key, await mask(text));
      return out;
    },
    async reseal() {
      if (!vault) return 0;
      const [shown, secrets] = [await rows.all(), await sealed.all()];
      const stale: Record<string, string> = {};
      for (const [key, text] of shown) {
        const row = secrets.get(contextOf(key));
        const current = row !== undefined && vault.isCurrent((JSON.parse(row) as SealedRow).text);
        if (current && (await mask(text)) === text) continue;
        const full = await whole(key, text, row);
        // what cannot be opened stays as it is: the key may come back
        if (row !== undefined && full === text) continue;
        if ((await mask(full)) !== full) stale[key] = full;
      }
      if (Object.keys(stale).length > 0) await write(stale);
      return Object.keys(stale).length;
    },
  };
}
