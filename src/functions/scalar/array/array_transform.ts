// SQL array_transform(arr, x -> value).
import { defineScalar, param } from '../../../contract/function.ts';
import { eachOf, elementsOf, OF_ELEMENT } from './lambda.ts';

export const arrayTransform = defineScalar({
  name: 'array_transform',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'array',
  doc: 'What the lambda gives for each element: array_transform(arr, x -> value); array_map(arr, x -> value) is the same.',
  examples: [
    ['array_transform(a, x -> x * 2)', [2, 4], { a: [1, 2] }],
    ['array_map(a, x -> x->v)', [1, null], { a: [{ v: 1 }, {}] }],
    ['array_map(a, (x, i) -> x * i)', [0, 6], { a: [5, 6] }],
    ['array_map(a, x -> array_filter(x, y -> y > b))', [[3], []], { a: [[1, 3], []], b: 2 }],
    ['array_map(a, x -> x)', null, { a: null }],
    ['array_map(a, x -> lag(x))', { error: 'lag cannot stand in a lambda' }, { a: [1] }],
    ['array_map(a, (x, i, n) -> x)', { error: 'the lambda has 3 parameters' }, { a: [1] }],
  ],
  compile: ([arr, fn], site) => {
    const each = eachOf(fn!, site);
    return (t) => {
      const elements = elementsOf(arr!(t));
      return elements === undefined ? null : elements.map((e, i) => each(t, e, i) ?? null);
    };
  },
});
