// Finds the subscribers that a row may concern, without calling all of them. A subscriber is filed under one conjunct of its WHERE:
// an equality (hash) or a range (sorted bounds). The answer may hold too many, never too few: the rule still evaluates its WHERE.
// A row whose value is of another type than the literal goes to the subscriber as well, since the comparison is an error that must be
// counted there; null and absent values never match. Used by source-node.ts; measured in bench/rules.ts.
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

type Class = 'number' | 'string' | 'boolean';

interface Place {
  column: string;
  class: Class;
  key?: string | number | boolean;
  lo: number;
  hi: number;
}

/** All subscribers filed under one column. */
interface ColumnIndex<S> {
  slot: number;
  numbers: Map<number, S[]>;
  strings: Map<string, S[]>;
  booleans: Map<boolean, S[]>;
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
      if (place.key === undefined) c.ranges = undefined;
      else {
        const map = mapOf(c, place.class);
        // a fresh array on each change: dispatch may be walking the old one
        map.set(place.key as never, [...(map.get(place.key as never) ?? []), subscriber]);
      }
      return true;
    },
    remove(subscriber) {
      const c = filed.get(subscriber);
      if (!c) return;
      filed.delete(subscriber);
      const place = c.members.get(subscriber)!;
      c.members.delete(subscriber);
      c.all[place.class].delete(subscriber);
      if (place.key === undefined) c.ranges = undefined;
      else {
        const map = mapOf(c, place.class);
        const left = (map.get(place.key as never) ?? []).filter((s) => s !== subscriber);
        if (left.length) map.set(place.key as never, left);
        else map.delete(place.key as never);
      }
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

/** The most telling conjunct: an equality, else the range of one column from all its bounds. */
function choose(conjuncts: readonly IndexConjunct[]): Place | undefined {
  const ranges = new Map<string, Place>();
  for (const c of conjuncts) {
    const v = c.value;
    if (typeof v === 'bigint' && !Number.isSafeInteger(Number(v))) continue;
    const cls: Class = typeof v === 'bigint' ? 'number' : (typeof v as Class);
    const key = typeof v === 'bigint' ? Number(v) : v;
    if (typeof key === 'number' && Number.isNaN(key)) continue;
    if (c.op === '=') return { column: c.column, class: cls, key: key === 0 ? 0 : key, lo: 0, hi: 0 };
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

const width = (p: Place): number => p.hi - p.lo;

function createColumn<S>(slot: number): ColumnIndex<S> {
  return {
    slot,
    numbers: new Map(),
    strings: new Map(),
    booleans: new Map(),
    all: { number: new Set(), string: new Set(), boolean: new Set() },
    ranges: undefined,
    members: new Map(),
  };
}

function mapOf<S>(c: ColumnIndex<S>, cls: Class): Map<never, S[]> {
  return (cls === 'number' ? c.numbers : cls === 'string' ? c.strings : c.booleans) as unknown as Map<never, S[]>;
}

function buildRanges<S>(c: ColumnIndex<S>): NonNullable<ColumnIndex<S>['ranges']> {
  const list = [...c.members].filter(([, p]) => p.key === undefined).sort((a, b) => a[1].lo - b[1].lo);
  c.ranges = {
    lo: Float64Array.from(list, ([, p]) => p.lo),
    hi: Float64Array.from(list, ([, p]) => p.hi),
    who: list.map(([s]) => s),
  };
  return c.ranges;
}
