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
  standard: {
    doc: 'Smallest value since the rule began, of the type of the value; null before any. Nulls are ignored.',
    examples: [
      ['acc_min(a)', 9007199254740993n, { a: 9007199254740993n }],
      ['acc_min(a, true, false)', 5, { a: 5 }],
      ['acc_min(a, false, false)', null, { a: 5 }],
      ['acc_min(a)', null, { a: null }],
      ['acc_min(a)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
    ],
    add: (acc, v) => {
      if (acc.best === null || (v as number) < (acc.best as number)) acc.best = v;
    },
    result: (acc) => acc.best,
  },
});
