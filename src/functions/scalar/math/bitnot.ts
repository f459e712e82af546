// SQL bitnot(a).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { intOperand } from './int-operand.ts';

export const bitnot = defineScalar({
  name: 'bitnot',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('a', 'int')],
  returns: 'bigint',
  doc: 'Complement of the 64 bits. Whole floats are taken as ints.',
  examples: [
    ['bitnot(0)', -1n],
    ['bitnot(a)', null, { a: null }],
    ['bitnot(a)', { error: 'Expect int type for operand but got x' }, { a: 'x' }],
  ],
  exec: (a: Value) => ~intOperand(a, ''),
});
