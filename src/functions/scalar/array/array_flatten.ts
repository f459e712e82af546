// SQL array_flatten(arr).
import { reserveArray, spend } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { nilArray } from '../../../data/nil-array.ts';
import type { Value } from '../../../data/value.ts';
import { arrayArg } from './array-args.ts';

export const arrayFlatten = defineScalar({
  name: 'array_flatten',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('arr', 'array')],
  returns: 'array',
  doc: 'Elements of the arrays in arr, one level deep; elements that are not arrays are kept. JSON shows null when nothing remains.',
  examples: [
    ['array_flatten(a)', [1, 2, [3], 'x'], { a: [[1, 2], [[3]], 'x'] }],
    ['array_flatten(a)', null, { a: [] }],
    ['array_flatten(a)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  exec: (arr: Value) => {
    const out: Value[] = [];
    for (const e of arrayArg(arr, 'first')) {
      spend(1);
      if (Array.isArray(e)) {
        if (e.length > 16) reserveArray(e.length);
        for (const inner of e) out.push(inner);
      } else out.push(e);
    }
    return out.length === 0 ? nilArray : out;
  },
});
