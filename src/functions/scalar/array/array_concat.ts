// SQL array_concat(a, …).
import { reserveArray } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { nilArray } from '../../../data/nil-array.ts';
import type { Value } from '../../../data/value.ts';

export const arrayConcat = defineScalar({
  name: 'array_concat',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('a', 'array'), param('more', 'array', { optional: true, rest: true })],
  countText: (found) => `At least has 1 argument but found ${found}.`,
  returns: 'array',
  doc: 'All elements of all arrays in order; null arguments are skipped. JSON shows null when nothing remains.',
  examples: [
    ['array_concat(a, b)', [1, 2, 2, 3], { a: [1, 2], b: [2, 3] }],
    ['array_concat(a, b)', [1], { a: null, b: [1] }],
    ['array_concat(a)', { error: 'array elements should be array' }, { a: 'str' }],
  ],
  exec: (...arrays: Value[]) => {
    const out: Value[] = [];
    for (const a of arrays) {
      if (a == null) continue;
      if (!Array.isArray(a)) throw rowError('array elements should be array');
      if (a.length > 64) reserveArray(a.length);
      for (const e of a) out.push(e);
    }
    return out.length === 0 ? nilArray : out;
  },
});
