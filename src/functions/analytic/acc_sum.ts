// SQL acc_sum(v[, begin, reset]).
import { addExactly, exactTotalOf } from '../aggregate/exact-total.ts';
import { defineAcc } from './acc.ts';

const take = addExactly('acc_sum');

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
  standard: {
    doc: 'Sum of all values since the rule began: exact for ints; 0 before any. Nulls are ignored.',
    examples: [
      ['acc_sum(a)', 9007199254740993n, { a: 9007199254740993n }],
      ['acc_sum(a, true, false)', 5, { a: 5 }],
      ['acc_sum(a, b, false)', 0n, { a: 5, b: null }],
      ['acc_sum(a)', 0n, { a: null }],
      ['acc_sum(a)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
    ],
    add: (acc, v) => void take(acc.total, v),
    result: (acc) => exactTotalOf(acc.total) ?? 0n,
  },
});
