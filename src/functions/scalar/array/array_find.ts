// SQL array_find(arr, x -> condition).
import { defineScalar, param } from '../../../contract/function.ts';
import { conditionOf, eachOf, elementsOf, OF_ELEMENT } from './lambda.ts';

export const arrayFind = defineScalar({
  name: 'array_find',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'unknown',
  doc: 'The first element for which the lambda is true; null when there is none: array_find(arr, x -> condition).',
  examples: [
    [
      'array_find(a, x -> x->n = "T")->v',
      21,
      {
        a: [
          { n: 'H', v: 40 },
          { n: 'T', v: 21 },
        ],
      },
    ],
    ['array_find(a, x -> x > 9)', null, { a: [1, 2] }],
    ['array_find(a, x -> x > 9)', null, { a: null }],
  ],
  compile: ([arr, fn], site) => {
    const each = eachOf(fn!, site);
    return (t) => elementsOf(arr!(t))?.find((e, i) => conditionOf(each(t, e, i)) === true) ?? null;
  },
});
