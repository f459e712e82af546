// SQL acc_min(v[, begin, reset]).
import { defineAcc } from './acc.ts';

export const accMin = defineAcc({
  name: 'acc_min',
  returns: 'float',
  doc: 'Smallest value since the rule began, as a float; 0 before any. A null is an error of the row.',
  examples: [
    ['acc_min(a)', 5, { a: 5n }],
    ['acc_min(a, true, false)', 5, { a: 5 }],
    ['acc_min(a, false, false)', 0, { a: 5 }],
    ['acc_min(a)', { error: 'the value should be number' }, { a: null }],
  ],
  nullFails: true,
  add: (acc, x) => {
    if (acc.count === 0 || x < acc.value) acc.value = x;
  },
  result: (acc) => acc.value,
});
