// Finds the subscribers that a row may concern, without calling all of them. A subscriber is filed under one conjunct of its WHERE:
// an equality or IN (hash), the beginning of a text (hash by length) or a range (sorted bounds). The answer may hold too many, never too few: the rule still evaluates its WHERE.
// A row whose value is of another type than the literal goes to the subscriber as well, since the comparison is an error that must be
// counted there; null and absent values never match, but for LIKE, to which they are an error. Used by source-node.ts; measured in bench/rules.ts.
import type { Tuple } from '../../data/tuple.ts';
import type { Value } from '../../data/value.ts';
import type { IndexConjunct } from '../../exec/operator.ts';

export interface Indexed {
  push(t: Tuple): void;
}

export interface RuleIndex<S extends Indexed> {
  /** @returns false when the conjuncts cannot be filed: push everything to it */
  add(subscriber: S, conjuncts: readonly IndexConjunct[], slotOf: (column: string) => number): boolean;
  remove(subscriber: S): void;
  /** Pushes the row to every subscriber that it may concern. */
  dispatch(t: Tuple): void;
  readonly size: number;
}

/** `prefix`: texts that begin so. */
type Class = 'number' | 'string' | 'boolean' | 'prefix';
type Key = string | number | boolean;

interface Place {
  column: string;
  class: Class;
  /** Missing: a range. */
  keys?: readonly Key[];
  lo: number;
  hi: number;
}

/** All subscribers filed under one column. */
interface ColumnIndex<S> {
  slot: number;
  numbers: Map<number, S[]>;
  strings: Map<string, S[]>;
  booleans: Map<boolean, S[]>;
  prefixes: Map<string, S[]>;
  /** Lengths of the prefixes that are filed, with their numbers. */
  lengths: Map<number, number>;
  /** Everything filed with a literal of that class: called when the row's value is of another class. */
  all: Record<Class, Set<S>>;
  /** Ranges sorted by lower bound, in step; built anew by the next row after a change (a start of 2,000 rules sorts once). */
  ranges: { lo: Float64Array; hi: Float64Array; who: S[] } | undefined;
  members: Map<S, Place>;
}

export function createRuleIndex<S extends Indexed>(): RuleIndex<S> {
  const columns: ColumnIndex<S>[] = [];
  const byColumn = new Map<string, ColumnIndex<S>>();
  const filed = new Map<S, ColumnIndex<S>>();

  return {
    add(subscriber, conjuncts, slotOf) {
      const place = choose(conjuncts);
      if (!place) return false;
      let c = byColumn.get(place.column);
      if (!c) {
        c = createColumn<S>(slotOf(place.column));
        byColumn.set(place.column, c);
        columns.push(c);
      }
      c.slot = slotOf(place.column);
      c.members.set(subscriber, place);
      c.all[place.class].add(subscriber);
      filed.set(subscriber, c);
      if (place.keys === undefined) c.ranges = undefined;
      const map = mapOf(c, place.class);
      // a fresh array on each change: dispatch may be walking the old one
      for (const key of place.keys ?? []) map.set(key as never, [...(map.get(key as never) ?? []), subscriber]);
      if (place.class === 'prefix') countLength(c, place, 1);
      return true;
    },
    remove(subscriber) {
      const c = filed.get(subscriber);
      if (!c) return;
      filed.delete(subscriber);
      const place = c.members.get(subscriber)!;
      c.members.delete(subscriber);
      c.all[place.class].delete(subscriber);
      if (place.keys === undefined) c.ranges = undefined;
      const map = mapOf(c, place.class);
      for (const key of place.keys ?? []) {
        const left = (map.get(key as never) ?? []).filter((s) => s !== subscriber);
        if (left.length) map.set(key as never, left);
        else map.delete(key as never);
      }
      if (place.class === 'prefix') countLength(c, place, -1);
      if (c.members.size === 0) {
        byColumn.delete(place.column);
        columns.splice(columns.indexOf(c), 1);
      }
    },
    dispatch(t) {
      for (let i = 0; i < columns.length; i++) dispatchColumn(columns[i]!, t.cols[columns[i]!.slot], t);
    },
    get size() {
      return filed.size;
    },
  };
}

function dispatchColumn<S extends Indexed>(c: ColumnIndex<S>, value: Value, t: Tuple): void {
  if (typeof value !== 'string') pushSet(c.all.prefix, t);
  if (value === undefined || value === null) return;
  switch (typeof value) {
    case 'number':
    case 'bigint': {
      const n = Number(value);
      pushList(c.numbers.get(n === 0 ? 0 : n), t);
      const { lo, hi, who } = c.ranges ?? buildRanges(c);
      const end = upperBound(lo, n);
      for (let i = 0; i < end; i++) if (n <= hi[i]!) who[i]!.push(t);
      pushSet(c.all.string, t);
      pushSet(c.all.boolean, t);
      return;
    }
    case 'string':
      pushList(c.strings.get(value), t);
      for (const length of c.lengths.keys()) if (value.length >= length) pushList(c.prefixes.get(value.slice(0, length)), t);
      pushSet(c.all.number, t);
      pushSet(c.all.boolean, t);
      return;
    case 'boolean':
      pushList(c.booleans.get(value), t);
      pushSet(c.all.number, t);
      pushSet(c.all.string, t);
      return;
    default:
      pushSet(c.all.number, t);
      pushSet(c.all.string, t);
      pushSet(c.all.boolean, t);
  }
}

function pushList<S extends Indexed>(list: S[] | undefined, t: Tuple): void {
  if (list !== undefined) for (let i = 0; i < list.length; i++) list[i]!.push(t);
}

function pushSet<S extends Indexed>(set: Set<S>, t: Tuple): void {
  if (set.size) for (const s of set) s.push(t);
}

/** Number of lower bounds that are ≤ n. NaN → 0. */
function upperBound(lo: Float64Array, n: number): number {
  let a = 0;
  let b = lo.length;
  while (a < b) {
    const m = (a + b) >>> 1;
    if (lo[m]! <= n) a = m + 1;
    else b = m;
  }
  return a;
}

/** The most telling conjunct: an equality, else IN, else the beginning of a text, else the range of one column from all its bounds. */
function choose(conjuncts: readonly IndexConjunct[]): Place | undefined {
  const exact = (['=', 'in', 'prefix'] as const).flatMap((op) => conjuncts.filter((c) => c.op === op));
  for (const c of exact) {
    const keys = keysOf(c);
    if (keys) return { column: c.column, class: c.op === 'prefix' ? 'prefix' : (typeof keys[0] as Class), keys, lo: 0, hi: 0 };
  }
  const ranges = new Map<string, Place>();
  for (const c of conjuncts) {
    if (c.op === '=' || c.op === 'in' || c.op === 'prefix') continue;
    const key = keyOf(c.value);
    if (typeof key !== 'number') continue;
    const r = ranges.get(c.column) ?? {
      column: c.column,
      class: 'number' as const,
      lo: Number.NEGATIVE_INFINITY,
      hi: Number.POSITIVE_INFINITY,
    };
    // bounds count as included: the rule itself looks again
    if (c.op === '>' || c.op === '>=') r.lo = Math.max(r.lo, key);
    else r.hi = Math.min(r.hi, key);
    ranges.set(c.column, r);
  }
  let best: Place | undefined;
  for (const r of ranges.values()) if (!best || width(r) < width(best)) best = r;
  return best;
}

/** What a row is looked up by, each once; undefined when one of them cannot be. */
function keysOf(c: IndexConjunct): readonly Key[] | undefined {
  const keys = c.op === 'in' ? c.values.map(keyOf) : [keyOf(c.value)];
  return keys.length > 0 && keys.every((k) => k !== undefined) ? [...new Set(keys)] : undefined;
}

function keyOf(v: Key | bigint): Key | undefined {
  if (typeof v === 'bigint') return Number.isSafeInteger(Number(v)) ? Number(v) : undefined;
  if (typeof v !== 'number') return v;
  if (Number.isNaN(v)) return undefined;
  return v === 0 ? 0 : v;
}

/** How many subscribers have prefixes of that length. */
function countLength<S>(c: ColumnIndex<S>, place: Place, change: 1 | -1): void {
  const { length } = place.keys![0] as string;
  const count = (c.lengths.get(length) ?? 0) + change;
  if (count > 0) c.lengths.set(length, count);
  else c.lengths.delete(length);
}

const width = (p: Place): number => p.hi - p.lo;

function createColumn<S>(slot: number): ColumnIndex<S> {
  return {
    slot,
    numbers: new Map(),
    strings: new Map(),
    booleans: new Map(),
    prefixes: new Map(),
    lengths: new Map(),
    all: { number: new Set(), string: new Set(), boolean: new Set(), prefix: new Set() },
    ranges: undefined,
    members: new Map(),
  };
}

function mapOf<S>(c: ColumnIndex<S>, cls: Class): Map<never, S[]> {
  const maps = { number: c.numbers, string: c.strings, boolean: c.booleans, prefix: c.prefixes };
  return maps[cls] as unknown as Map<never, S[]>;
}

function buildRanges<S>(c: ColumnIndex<S>): NonNullable<ColumnIndex<S>['ranges']> {
  const list = [...c.members].filter(([, p]) => p.keys === undefined).sort((a, b) => a[1].lo - b[1].lo);
  c.ranges = {
    lo: Float64Array.from(list, ([, p]) => p.lo),
    hi: Float64Array.from(list, ([, p]) => p.hi),
    who: list.map(([s]) => s),
  };
  return c.ranges;
}
