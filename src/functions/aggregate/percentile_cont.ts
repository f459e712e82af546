// SQL percentile_cont(expr, p).
import { rowError } from '../../base/errors/gateway-error.ts';
import { type AggregateDefinition, inStandard } from '../../contract/function.ts';
import { describe } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { checkNumber } from './exact-total.ts';
import { addNumber, interpolated, joinNumbers, sorted } from './number-list.ts';
import { definePercentile, outOfRange } from './percentile.ts';

/** The share is the one of the first row that has one. Plain data. */
interface Shares {
  list: number[];
  p: Value;
}

const collect = addNumber('percentile_cont');

function checkShare(v: Value, p: Value): void {
  checkNumber('percentile_cont', v);
  if (p == null) return;
  if (typeof p !== 'number' && typeof p !== 'bigint') throw rowError(`the second parameter requires float64 but found ${describe(p)}`);
  if (!(Number(p) >= 0 && Number(p) <= 1)) throw rowError(`the share of percentile_cont must be from 0 to 1 but is ${Number(p)}`);
}

const standard: Partial<AggregateDefinition> = {
  doc: 'Value at share p (0 to 1) of the sorted values; between two values in proportion, so that percentile_cont(v, 0.5) is the median. Nulls are ignored; null without values.',
  examples: [
    ['percentile_cont(a, 0.5)', 5, { a: 5 }],
    ['percentile_cont(a, 0.5)', null, { a: null }],
    ['percentile_cont(a, 1.5)', { error: 'the share of percentile_cont must be from 0 to 1 but is 1.5' }, { a: 5 }],
    ['percentile_cont(a, 0.5)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
  ],
  init: (): Shares => ({ list: [], p: null }),
  check: checkShare,
  add: (state: Shares, v: Value, p: Value) => {
    checkShare(v, p);
    state.p ??= p;
    collect(state.list, v);
    return state;
  },
  merge: (a: Shares, b: Shares) => ({ list: joinNumbers(a.list, b.list), p: a.p ?? b.p }),
  result: ({ list, p }: Shares) => (list.length === 0 || p == null ? null : interpolated(sorted(list), Number(p))),
};

export const percentileCont = inStandard(
  definePercentile({
    name: 'percentile_cont',
    doc:
      'Value at share p (0 < p <= 1) of the sorted values: place p * n counted from 1; between two places the mean of both. A single value is ' +
      'returned as it is; a place below 1 is an error. Nulls are ignored.',
    examples: [
      ['percentile_cont(a, 0.5)', 5, { a: 5 }],
      ['percentile_cont(a, 0.5)', null, { a: null }],
      ['percentile_cont(a, 0.5)', { error: 'requires float64 slice' }, { a: 'x' }],
    ],
    pick: (sorted, p) => {
      if (sorted.length === 1) return sorted[0]!;
      const percent = p * 100;
      if (!(percent > 0 && percent <= 100)) throw outOfRange();
      const place = (percent / 100) * sorted.length;
      const whole = Math.trunc(place);
      if (place === whole) return sorted[whole - 1]!;
      if (place < 1) throw outOfRange();
      return (sorted[whole - 1]! + sorted[whole]!) / 2;
    },
  }),
  standard,
);
