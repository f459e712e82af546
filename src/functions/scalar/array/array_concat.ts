// SQL array_concat(a, …).
import { reserveArray } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { nilArray } from '../../../data/nil-array.ts';
import type { Value } from '../../../data/value.ts';

/** Puts the elements of a list behind those that are there; null has none. */
function append(out: Value[], list: Value): void {
  if (list == null) return;
  if (!Array.isArray(list)) throw rowError('array elements should be array');
  if (list.length > 64) reserveArray(list.length);
  for (const e of list) out.push(e);
}

const end = (out: Value[]): Value => (out.length === 0 ? nilArray : out);

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
    for (const a of arrays) append(out, a);
    return end(out);
  },
  growth: {
    begin(first) {
      const out: Value[] = [];
      append(out, first);
      return out;
    },
    add: append,
    end,
  },
});
