// Largest or smallest of a sequence of values. Used by max, min, their incremental forms, array_max and array_min. The first value that is
// not null says the type: int64 (floats are cut to ints), float64 (ints are an error, as in eKuiper) or string; nulls are ignored. Errors are
// kept in the state and thrown at the end, so that windows that keep rows and windows that keep states fail alike.
import { rowError } from '../../base/errors/gateway-error.ts';
import { describe } from '../../data/go-format.ts';
import { compareText } from '../../data/text.ts';
import type { Value } from '../../data/value.ts';

/** Plain data. */
export interface Extreme {
  /** Best so far, of the type of the first value; null before it. */
  best: Value;
  first: Value;
  /** Best of the ints that a float sequence met: they are an error there, but not after a merge behind an int sequence. */
  ints: Value;
  /** First value that is of another type than `best`, as text. */
  other?: string;
  /** First value that is not a number, as text. */
  notNumber?: string;
}

export const emptyExtreme = (): Extreme => ({ best: null, first: null, ints: null });

export interface ExtremeFold {
  add(state: Extreme, v: Value): Extreme;
  merge(a: Extreme, b: Extreme): Extreme;
  /** @throws rowError `found invalid arg bool(true)`, `requires float64 but found string(x)` */
  result(state: Extreme): Value;
}

/** 2^63: floats from here on are not int64. */
const INT64_LIMIT = 2 ** 63;

export function createExtreme(which: 'max' | 'min'): ExtremeFold {
  const best = <T extends number | bigint>(a: T, b: T): T => ((which === 'max' ? b > a : b < a) ? b : a);
  const bestText = (a: string, b: string): string => ((which === 'max' ? compareText(b, a) > 0 : compareText(b, a) < 0) ? b : a);

  function add(state: Extreme, v: Value): Extreme {
    if (v == null) return state;
    const now = state.best;
    if (typeof now === 'number' && typeof v === 'number') {
      state.best = best(now, v);
      return state;
    }
    if (state.first === null) {
      state.first = v;
      if (typeof v === 'number' || typeof v === 'bigint' || typeof v === 'string') state.best = v;
      return state;
    }
    if (typeof now === 'bigint' && typeof v === 'bigint') state.best = best(now, v);
    else if (typeof now === 'bigint' && typeof v === 'number' && v >= -INT64_LIMIT && v < INT64_LIMIT)
      state.best = best(now, BigInt(Math.trunc(v)));
    else if (typeof now === 'string' && typeof v === 'string') state.best = bestText(now, v);
    else {
      state.other ??= describe(v);
      if (typeof v === 'bigint') state.ints = typeof state.ints === 'bigint' ? best(state.ints, v) : v;
      else state.notNumber ??= describe(v);
    }
    return state;
  }

  function merge(a: Extreme, b: Extreme): Extreme {
    if (b.first === null) return a;
    if (a.first === null) return { ...b };
    if (b.best === null) {
      // The first value of b is of no type that can be compared.
      a.other ??= describe(b.first);
      a.notNumber ??= describe(b.first);
    } else if (typeof a.best !== typeof b.best && !(typeof a.best === 'bigint' && typeof b.best === 'number')) {
      a.other ??= describe(b.first);
      if (typeof b.first === 'string') a.notNumber ??= describe(b.first);
    } else {
      add(a, b.best);
      if (typeof a.best === 'bigint' && typeof b.best === 'number') {
        if (b.ints !== null) add(a, b.ints);
        a.other ??= b.notNumber;
      } else a.other ??= b.other;
      a.notNumber ??= b.notNumber;
    }
    if (typeof b.ints === 'bigint') a.ints = typeof a.ints === 'bigint' ? best(a.ints, b.ints) : b.ints;
    if (typeof a.best === 'number' && typeof b.best === 'bigint') a.ints = typeof a.ints === 'bigint' ? best(a.ints, b.best) : b.best;
    return a;
  }

  function result(state: Extreme): Value {
    if (state.first === null) return null;
    if (state.best === null) throw rowError(`found invalid arg ${describe(state.first)}`);
    if (state.other !== undefined) {
      const type = typeof state.best === 'string' ? 'string' : typeof state.best === 'bigint' ? 'int64' : 'float64';
      throw rowError(`requires ${type} but found ${state.other}`);
    }
    return state.best;
  }

  return { add, merge, result };
}
