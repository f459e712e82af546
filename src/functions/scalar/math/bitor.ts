// SQL bitor(a, b).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { intOperand } from './int-operand.ts';

export const bitor = defineScalar({
  name: 'bitor',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('a', 'int'), param('b', 'int')],
  returns: 'bigint',
  doc: 'Bits that are set in either. Whole floats are taken as ints.',
  examples: [
    ['bitor(6, 3)', 7n],
    ['bitor(a, 3)', 7n, { a: 6 }],
    ['bitor(a, 3)', null, { a: null }],
    ['bitor(3, a)', { error: 'Expect int type for the second operand but got 2.5' }, { a: 2.5 }],
  ],
  exec: (a: Value, b: Value) => intOperand(a, 'the first ') | intOperand(b, 'the second '),
});
