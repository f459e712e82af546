// Keeps the rows of a window in order of position. Rows are kept as they are (shared tuples, not copied); what is sent on are new tuples
// over the same columns, since each window gives its rows its own range. Saved by column name, see row-codec.ts.
import { Tuple, type WindowRange } from '../data/tuple.ts';
import { packRows, unpackRows } from './row-codec.ts';
import type { KeptSlot } from './spec.ts';
import type { WindowStore } from './store.ts';

/** Removed rows are cut off when there are at least so many, and half of all. */
const COMPACT_AT = 1024;

export interface RowStoreSpec {
  keep: readonly KeptSlot[];
  keepMeta: boolean;
}

/** @param send gets the rows of a window in order */
export function createRowStore(spec: RowStoreSpec, send: (rows: Tuple[], win: WindowRange) => void): WindowStore {
  let rows: Tuple[] = [];
  let at: number[] = [];
  let head = 0;

  /** Index of the first row at or above the position. */
  const find = (pos: number): number => {
    let low = head;
    let high = at.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (at[middle]! < pos) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    add(t, pos) {
      rows.push(t);
      at.push(pos);
    },
    emit(from, to, win) {
      const start = find(from);
      const end = find(to);
      const out: Tuple[] = new Array(end - start);
      for (let i = start; i < end; i++) {
        const t = rows[i]!;
        out[i - start] = new Tuple(t.cols, t.tsMs, t.meta, undefined, win);
      }
      send(out, win);
    },
    dropBefore(pos) {
      head = find(pos);
      if (head === at.length) {
        rows = [];
        at = [];
        head = 0;
      } else if (head >= COMPACT_AT && head * 2 >= at.length) {
        rows = rows.slice(head);
        at = at.slice(head);
        head = 0;
      }
    },
    shift(deltaMs) {
      for (let i = head; i < at.length; i++) at[i]! += deltaMs;
    },
    setOrigin() {
      // rows are told apart by position only
    },
    oldest: () => at[head],
    save: () => ({ at: at.slice(head), rows: packRows(rows.slice(head), spec.keep, spec.keepMeta) }),
    load(state) {
      const { at: positions, rows: packed } = state as { at: number[]; rows: unknown };
      if (!Array.isArray(positions)) throw new Error('positions are missing');
      const restored = unpackRows(packed, spec.keep);
      if (restored.length !== positions.length) throw new Error('rows and positions differ in number');
      rows = restored;
      at = positions.slice();
      head = 0;
    },
  };
}
