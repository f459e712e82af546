// SQL array_max(arr).
import { spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, inStandard, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { createBest, emptyBest } from '../../aggregate/best-value.ts';
import { createExtreme, emptyExtreme } from '../../aggregate/extreme.ts';
import { arrayArg } from './array-args.ts';

const fold = createExtreme('max');
const best = createBest('max');

export const arrayMax = inStandard(
  defineScalar({
    name: 'array_max',
    group: 'array',
    since: '0.1.0',
    pure: true,
    nulls: 'null-or-empty',
    params: [param('arr', 'array')],
    returns: 'unknown',
    doc: 'Largest element; nulls are ignored. The first element that is not null says the type: int (floats are cut), float or string.',
    examples: [
      ['array_max(array_create("b", "a", "c"))', 'c'],
      ['array_max(a)', 3, { a: [2, null, 1.5, 3] }],
      ['array_max(a)', null, { a: [] }],
      ['array_max(a)', { error: 'requires float64 but found bool(true)' }, { a: [1.5, true] }],
      ['array_max(a)', { error: 'found invalid arg bool(true)' }, { a: [true] }],
    ],
    exec: (arr: Value) => {
      const state = emptyExtreme();
      const elements = arrayArg(arr, 'first');
      spend(elements.length);
      for (const e of elements) fold.add(state, e);
      return fold.result(state);
    },
  }),
  {
    doc: 'Largest element; nulls are ignored. Of numbers a float as soon as one is a float.',
    examples: [
      ['array_max(array_create("b", "a", "c"))', 'c'],
      ['array_max(a)', 2.5, { a: [1n, 2.5] }],
      ['array_max(a)', null, { a: [] }],
      ['array_max(a)', { error: 'cannot be compared' }, { a: [1.5, 'x'] }],
      ['array_max(a)', { error: 'found invalid arg bool(true)' }, { a: [true] }],
    ],
    exec: (arr: Value) => {
      const state = emptyBest();
      const elements = arrayArg(arr, 'first');
      spend(elements.length);
      for (const e of elements) best.add(state, e);
      const left = best.left(state);
      if (left) throw rowError(`${left.sample} cannot be compared with the other elements`);
      return best.result(state);
    },
  },
);
