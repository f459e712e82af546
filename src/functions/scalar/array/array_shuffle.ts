// SQL array_shuffle(arr).
import { reserveArray } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { arrayArg } from './array-args.ts';

export const arrayShuffle = defineScalar({
  name: 'array_shuffle',
  group: 'array',
  since: '0.1.0',
  pure: false,
  nulls: 'null-or-empty',
  params: [param('arr', 'array')],
  returns: 'array',
  doc: 'Copy of arr in random order.',
  examples: [
    ['array_sort(array_shuffle(array_create(3, 1, 2)))', [1n, 2n, 3n]],
    ['array_shuffle(a)', null, { a: null }],
    ['array_shuffle(a)', { error: 'first argument should be array of interface{}' }, { a: 'str' }],
  ],
  compile:
    ([arr], site) =>
    (row) => {
      const elements = arrayArg(arr!(row), 'first');
      if (elements.length > 16) reserveArray(elements.length * 4);
      const copy = [...elements];
      for (let i = copy.length - 1; i > 0; i--) {
        const j = Math.floor(site.env.random() * (i + 1));
        [copy[i], copy[j]] = [copy[j], copy[i]];
      }
      return copy;
    },
});
