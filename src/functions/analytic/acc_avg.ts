// SQL acc_avg(v[, begin, reset]).
import { defineAcc } from './acc.ts';

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
});
