// Largest or smallest value in standard SQL, the state of max and min. Ints and floats are compared with each other; the result is a float as soon as
// one float came. Numbers, texts and datetimes cannot be compared with each other: what most values are counts, and the others are told
// (AggregateDefinition.left), so that the order of rows does not decide. (eKuiper's way: extreme.ts.)
import { rowError } from '../../base/errors/gateway-error.ts';
import { describe } from '../../data/go-format.ts';
import { compareText } from '../../data/text.ts';
import { isDateTime, type Value } from '../../data/value.ts';

/** Plain data. By kind: how many values came, and the best of them. */
export interface BestValue {
  numbers: number;
  number: Value;
  hasFloat: boolean;
  texts: number;
  text: Value;
  times: number;
  time: Value;
}

export const emptyBest = (): BestValue => ({
  numbers: 0,
  number: null,
  hasFloat: false,
  texts: 0,
  text: null,
  times: 0,
  time: null,
});

/** @throws rowError for booleans, lists, objects and bytes */
export function checkComparable(v: Value): void {
  if (v == null || typeof v === 'number' || typeof v === 'bigint' || typeof v === 'string' || isDateTime(v)) return;
  throw rowError(`found invalid arg ${describe(v)}`);
}

export interface BestFold {
  add(state: BestValue, v: Value): BestValue;
  merge(a: BestValue, b: BestValue): BestValue;
  result(state: BestValue): Value;
  left(state: BestValue): { count: number; sample: string } | undefined;
}

export function createBest(which: 'max' | 'min'): BestFold {
  const wins = (order: number): boolean => (which === 'max' ? order > 0 : order < 0);
  // int beside float: JavaScript compares the two exactly
  const better = (a: number | bigint, b: number | bigint): boolean => (which === 'max' ? b > a : b < a);

  function number(state: BestValue, v: number | bigint): void {
    // NaN is no number that could be the largest
    if (typeof v === 'number' && Number.isNaN(v)) return;
    state.numbers++;
    if (typeof v === 'number') state.hasFloat = true;
    if (state.number === null || better(state.number as number | bigint, v)) state.number = v;
  }
  function add(state: BestValue, v: Value): BestValue {
    if (typeof v === 'number' || typeof v === 'bigint') number(state, v);
    else if (typeof v === 'string') {
      state.texts++;
      if (state.text === null || wins(compareText(v, state.text as string))) state.text = v;
    } else if (v != null) {
      checkComparable(v);
      state.times++;
      const at = (x: Value): bigint => (isDateTime(x) ? x.epochNs : 0n);
      if (state.time === null || better(at(state.time), at(v))) state.time = v;
    }
    return state;
  }
  function merge(a: BestValue, b: BestValue): BestValue {
    const { numbers, texts, times } = a;
    const hasFloat = a.hasFloat || b.hasFloat;
    if (b.numbers > 0) add(a, b.number);
    if (b.texts > 0) add(a, b.text);
    if (b.times > 0) add(a, b.time);
    a.numbers = numbers + b.numbers;
    a.texts = texts + b.texts;
    a.times = times + b.times;
    a.hasFloat = hasFloat;
    return a;
  }
  /** Of equally many the numbers, then the datetimes. */
  const kindOf = (s: BestValue): 'number' | 'time' | 'text' =>
    s.numbers >= s.times && s.numbers >= s.texts ? 'number' : s.times >= s.texts ? 'time' : 'text';
  return {
    add,
    merge,
    result(state) {
      const kind = kindOf(state);
      const best = state[kind];
      return kind === 'number' && state.hasFloat && typeof best === 'bigint' ? Number(best) : best;
    },
    left(state) {
      const kind = kindOf(state);
      const count = state.numbers + state.texts + state.times - state[`${kind}s`];
      if (count === 0) return undefined;
      const other = (['text', 'number', 'time'] as const).find((k) => k !== kind && state[`${k}s`] > 0)!;
      return { count, sample: describe(state[other]) };
    },
  };
}
