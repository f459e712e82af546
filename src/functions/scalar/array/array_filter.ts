// SQL array_filter(arr, x -> condition).
import { defineScalar, param } from '../../../contract/function.ts';
import { conditionOf, eachOf, elementsOf, OF_ELEMENT } from './lambda.ts';

export const arrayFilter = defineScalar({
  name: 'array_filter',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'array',
  doc: 'The elements for which the lambda is true, in their order: array_filter(arr, x -> condition), also (x, i) -> with the index from 0.',
  examples: [
    ['array_filter(a, x -> x > 3)', [5, 4], { a: [1, 5, null, 4] }],
    ['array_filter(a, (x, i) -> i < 2)', [7, 8], { a: [7, 8, 9] }],
    ['array_filter(a, x -> x->rssi > b)', [{ rssi: 5 }], { a: [{ rssi: 5 }, { rssi: 1 }], b: 3 }],
    ['array_filter(a, x -> x > 3)', [], { a: [] }],
    ['array_filter(a, x -> x > 3)', null, { a: null }],
    ['array_filter(a, x -> x)', { error: 'the lambda takes a condition' }, { a: [5] }],
    ['array_filter(a, x -> x > 3)', { error: 'takes a list' }, { a: 5 }],
  ],
  compile: ([arr, fn], site) => {
    const each = eachOf(fn!, site);
    return (t) => {
      const elements = elementsOf(arr!(t));
      return elements === undefined ? null : elements.filter((e, i) => conditionOf(each(t, e, i)) === true);
    };
  },
});
