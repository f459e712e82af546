// Rows as plain data for a checkpoint: a list of values per column, which is smaller and faster than one per row. Names outlive the layout of the subscription,
// so that a restored row is right also when slots have moved. Used by all stores and by the watermark.
import { DateTime } from '../data/datetime.ts';
import { type Meta, Tuple } from '../data/tuple.ts';
import { isDateTime, type Value } from '../data/value.ts';
import type { KeptSlot } from './spec.ts';

interface PackedRows {
  columns: string[];
  /** By column, then row. */
  values: Value[][];
  tsMs: number[];
  /** undefined where metadata is not kept */
  meta?: (Meta | undefined)[];
}

export function packRows(rows: readonly Tuple[], keep: readonly KeptSlot[], keepMeta: boolean): unknown {
  const values = keep.map(({ slot }) => rows.map((t) => t.cols[slot]));
  const packed: PackedRows = { columns: keep.map((k) => k.column), values, tsMs: rows.map((t) => t.tsMs) };
  if (keepMeta) packed.meta = rows.map((t) => t.meta);
  return packed;
}

/** Columns that the rule no longer knows are left out; columns that are new to it are absent in restored rows.
 *  @throws when the data has another shape */
export function unpackRows(state: unknown, keep: readonly KeptSlot[]): Tuple[] {
  const packed = state as PackedRows;
  if (!Array.isArray(packed?.columns) || !Array.isArray(packed.values) || !Array.isArray(packed.tsMs)) throw new Error('no packed rows');
  const slotOf = new Map(keep.map((k) => [k.column, k.slot]));
  const slots = packed.columns.map((c) => slotOf.get(c));
  const width = Math.max(0, ...keep.map((k) => k.slot + 1));
  return packed.tsMs.map((tsMs, r) => {
    const cols: Value[] = new Array(width).fill(undefined);
    for (let i = 0; i < slots.length; i++) if (slots[i] !== undefined) cols[slots[i]!] = revive(packed.values[i]![r]);
    return new Tuple(cols, tsMs, packed.meta?.[r]);
  });
}

/** Structured clone makes a plain object of a DateTime: puts the class back, also inside arrays and objects (which are changed in place). */
export function revive<T>(v: T): T {
  if (typeof v !== 'object' || v === null || v instanceof Uint8Array || v instanceof DateTime) return v;
  if (isDateTime(v)) return new DateTime((v as DateTime).epochNs, (v as DateTime).zone) as T;
  if (v instanceof Map) {
    for (const [key, value] of v) v.set(key, revive(value));
    return v;
  }
  const holder = v as unknown as Record<string, unknown>;
  for (const key of Object.keys(holder)) {
    const member = holder[key];
    if (typeof member === 'object' && member !== null) {
      const revived = revive(member);
      if (revived !== member) holder[key] = revived;
    }
  }
  return v;
}
