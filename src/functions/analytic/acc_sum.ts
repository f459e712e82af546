// SQL acc_sum(v[, begin, reset]).
import { defineAcc } from './acc.ts';

export const accSum = defineAcc({
  name: 'acc_sum',
  returns: 'float',
  doc: 'Sum of all values since the rule began, as a float; nulls are ignored.',
  examples: [
    ['acc_sum(a)', 5, { a: 5n }],
    ['acc_sum(a, true, false)', 5, { a: 5 }],
    ['acc_sum(a, false, false)', 0, { a: 5 }],
    ['acc_sum(a)', 0, { a: null }],
    ['acc_sum(a)', { error: 'the value should be number' }, { a: 'x' }],
  ],
  nullFails: false,
  add: (acc, x) => {
    acc.value += x;
  },
  result: (acc) => acc.value,
});
