// SQL object_size(obj).
import { spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';
import { isStruct, type Value } from '../../../data/value.ts';

export const objectSize = defineScalar({
  name: 'object_size',
  group: 'object',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('obj', 'struct')],
  returns: 'bigint',
  doc: 'Number of members; 0 for null.',
  examples: [
    ['object_size(a)', 2n, { a: { x: 1, y: null } }],
    ['object_size(a)', 0n, { a: null }],
    ['object_size(a)', { error: 'the first argument should be map[string]any, got [1]' }, { a: [1] }],
  ],
  exec: (obj: Value) => {
    if (obj == null) return 0n;
    if (!isStruct(obj)) throw rowError(`the first argument should be map[string]any, got ${brief(obj)}`);
    const { length } = Object.keys(obj);
    spend(length / 2);
    return BigInt(length);
  },
});
