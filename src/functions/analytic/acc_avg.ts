// SQL acc_avg(v[, begin, reset]).
import { addExactly } from '../aggregate/exact-total.ts';
import { defineAcc } from './acc.ts';

const take = addExactly('acc_avg');

export const accAvg = defineAcc({
  name: 'acc_avg',
  returns: 'float',
  doc: 'Mean of all values since the rule began; 0 before any. A null is an error of the row.',
  examples: [
    ['acc_avg(a)', 5, { a: 5n }],
    ['acc_avg(a, true, false)', 5, { a: 5 }],
    ['acc_avg(a, false, false)', 0, { a: 5 }],
    ['acc_avg(a)', { error: 'the value should be number' }, { a: null }],
  ],
  nullFails: true,
  add: (acc, x) => {
    acc.value += x;
  },
  result: (acc) => (acc.count === 0 ? 0 : acc.value / acc.count),
  standard: {
    doc: 'Mean of all values since the rule began; null before any. Nulls are ignored.',
    examples: [
      ['acc_avg(a)', 5, { a: 5n }],
      ['acc_avg(a, true, false)', 5, { a: 5 }],
      ['acc_avg(a, false, false)', null, { a: 5 }],
      ['acc_avg(a)', null, { a: null }],
    ],
    add: (acc, v) => void take(acc.total, v),
    result: (acc) => (acc.count === 0 ? null : (acc.total.floats + Number(acc.total.ints)) / acc.count),
  },
});
