// SQL acc_count(v[, begin, reset]).
import { defineAcc } from './acc.ts';

export const accCount = defineAcc({
  name: 'acc_count',
  returns: 'bigint',
  doc: 'Number of values since the rule began; nulls are not counted.',
  examples: [
    ['acc_count(a)', 1n, { a: 'x' }],
    ['acc_count(a)', 0n, { a: null }],
    ['acc_count(a, b, false)', { error: 'onBegin should be boolean' }, { a: 1, b: null }],
  ],
  nullFails: false,
  anyType: true,
  add: () => undefined, // the frame counts
  result: (acc) => BigInt(acc.count),
  standard: {
    doc: 'Number of values since the rule began; nulls are not counted.',
    examples: [
      ['acc_count(a)', 1n, { a: 'x' }],
      ['acc_count(a)', 0n, { a: null }],
      ['acc_count(a, b, false)', 0n, { a: 1, b: null }],
    ],
    add: () => undefined,
    result: (acc) => BigInt(acc.count),
  },
});
