// SQL array_sort_by(arr, x -> value).
import { spend } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { compareForOrder } from '../../../data/compare.ts';
import { eachOf, elementsOf, OF_ELEMENT } from './lambda.ts';

export const arraySortBy = defineScalar({
  name: 'array_sort_by',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'array',
  doc: 'The list in the order of what the lambda gives, smallest first, nulls last; equal ones keep their order: array_sort_by(arr, x -> value), and array_sort_by(arr, x -> -x->v) from the largest on.',
  examples: [
    ['array_sort_by(a, x -> x)', [1, 2, 3, null], { a: [3, null, 1, 2] }],
    ['array_sort_by(a, x -> -x->v)', [{ v: 2 }, { v: 1 }], { a: [{ v: 1 }, { v: 2 }] }],
    ['array_sort_by(a, x -> x)', null, { a: null }],
    ['array_sort_by(a, x -> x)', { error: 'incompatible types' }, { a: [1, 'x'] }],
  ],
  compile: ([arr, fn], site) => {
    const each = eachOf(fn!, site);
    const zone = site.env.timeZone;
    return (t) => {
      const elements = elementsOf(arr!(t));
      if (elements === undefined) return null;
      spend(elements.length * Math.ceil(Math.log2(elements.length + 1)) * 4);
      const keyed = elements.map((e, i) => ({ e, key: each(t, e, i) ?? null }));
      return keyed.sort((a, b) => compareForOrder(a.key, b.key, false, zone)).map((k) => k.e);
    };
  },
});
