// SQL array_min(arr).
import { spend } from '../../../base/budget.ts';
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, inStandard, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { createBest, emptyBest } from '../../aggregate/best-value.ts';
import { createExtreme, emptyExtreme } from '../../aggregate/extreme.ts';
import { arrayArg } from './array-args.ts';

const fold = createExtreme('min');
const best = createBest('min');

export const arrayMin = inStandard(
  defineScalar({
    name: 'array_min',
    group: 'array',
    since: '0.1.0',
    pure: true,
    nulls: 'null-or-empty',
    params: [param('arr', 'array')],
    returns: 'unknown',
    doc: 'Smallest element; nulls are ignored. The first element that is not null says the type: int (floats are cut), float or string.',
    examples: [
      ['array_min(array_create("b", "a", "c"))', 'a'],
      ['array_min(a)', 1.5, { a: [2, null, 1.5, 3] }],
      ['array_min(a)', null, { a: [] }],
      ['array_min(a)', { error: 'requires float64 but found bool(true)' }, { a: [1.5, true] }],
      ['array_min(a)', { error: 'found invalid arg bool(true)' }, { a: [true] }],
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
    doc: 'Smallest element; nulls are ignored. Of numbers a float as soon as one is a float.',
    examples: [
      ['array_min(array_create("b", "a", "c"))', 'a'],
      ['array_min(a)', 0.5, { a: [1n, 0.5] }],
      ['array_min(a)', null, { a: [] }],
      ['array_min(a)', { error: 'cannot be compared' }, { a: [1.5, 'x'] }],
      ['array_min(a)', { error: 'found invalid arg bool(true)' }, { a: [true] }],
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
