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
  return new RowStore(spec, send);
}

/** Of a store that holds nothing; nobody puts anything into them. */
const NO_ROWS: Tuple[] = [];
const NO_POSITIONS: number[] = [];

/** There may be one per key: a class, so that its methods are there once. */
class RowStore implements WindowStore {
  private readonly spec: RowStoreSpec;
  private readonly send: (rows: Tuple[], win: WindowRange) => void;
  /** Most keys hold one row or two: a list is as long as what it holds. */
  private rows: Tuple[] = NO_ROWS;
  private positions: number[] = NO_POSITIONS;
  private head = 0;

  constructor(spec: RowStoreSpec, send: (rows: Tuple[], win: WindowRange) => void) {
    this.spec = spec;
    this.send = send;
  }

  add(t: Tuple, pos: number): void {
    if (this.rows === NO_ROWS) {
      this.rows = [t];
      this.positions = [pos];
      return;
    }
    this.rows.push(t);
    this.positions.push(pos);
  }

  emit(from: number, to: number, win: WindowRange): void {
    const { rows } = this;
    const start = this.find(from);
    const end = this.find(to);
    const out: Tuple[] = new Array(end - start);
    for (let i = start; i < end; i++) {
      const t = rows[i]!;
      out[i - start] = new Tuple(t.cols, t.tsMs, t.meta, undefined, win);
    }
    this.send(out, win);
  }

  dropBefore(pos: number): void {
    const { positions } = this;
    const head = this.find(pos);
    this.head = head;
    if (head === positions.length) this.take(NO_ROWS, NO_POSITIONS);
    else if (head >= COMPACT_AT && head * 2 >= positions.length) this.take(this.rows.slice(head), positions.slice(head));
  }

  shift(deltaMs: number): void {
    const { positions } = this;
    for (let i = this.head; i < positions.length; i++) positions[i]! += deltaMs;
  }

  setOrigin(): void {
    // rows are told apart by position only
  }

  oldest(): number | undefined {
    return this.positions[this.head];
  }

  save(): unknown {
    const { spec, head } = this;
    return { at: this.positions.slice(head), rows: packRows(this.rows.slice(head), spec.keep, spec.keepMeta) };
  }

  load(state: unknown): void {
    const { at: positions, rows: packed } = state as { at: number[]; rows: unknown };
    if (!Array.isArray(positions)) throw new Error('positions are missing');
    const restored = unpackRows(packed, this.spec.keep);
    if (restored.length !== positions.length) throw new Error('rows and positions differ in number');
    if (restored.length === 0) this.take(NO_ROWS, NO_POSITIONS);
    else this.take(restored, positions.slice());
  }

  private take(rows: Tuple[], positions: number[]): void {
    this.rows = rows;
    this.positions = positions;
    this.head = 0;
  }

  /** Index of the first row at or above the position. */
  private find(pos: number): number {
    const { positions } = this;
    let low = this.head;
    let high = positions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (positions[middle]! < pos) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
