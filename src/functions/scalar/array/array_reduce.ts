// SQL array_reduce(arr, start, (sum, x) -> value).
import { defineScalar, param } from '../../../contract/function.ts';
import { elementsOf } from './lambda.ts';

export const arrayReduce = defineScalar({
  name: 'array_reduce',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('start', 'any'), param('fn', 'any')],
  lambda: { argument: 2, params: ['sum', 'x', 'i'], least: 2 },
  returns: 'unknown',
  doc: 'Folds the list from the left: array_reduce(arr, start, (sum, x) -> value), also (sum, x, i) ->. Of an empty list it is the start.',
  examples: [
    ['array_reduce(a, 0, (sum, x) -> sum + x)', 6, { a: [1, 2, 3] }],
    ['array_reduce(a, "", (text, x, i) -> text || i || x)', '0a1b', { a: ['a', 'b'] }],
    ['array_reduce(a, 5, (sum, x) -> sum + x)', 5n, { a: [] }],
    ['array_reduce(a, 0, (sum, x) -> sum + x)', null, { a: null }],
    ['array_reduce(a, 0, x -> x)', { error: 'the lambda has 1 parameters' }, { a: [1] }],
  ],
  compile: ([arr, start, fn], { params }) => {
    const [sum, x, index] = params!;
    return (t) => {
      const elements = elementsOf(arr!(t));
      if (elements === undefined) return null;
      let result = start!(t) ?? null;
      for (let i = 0; i < elements.length; i++) {
        sum!.value = result;
        x!.value = elements[i];
        if (index) index.value = BigInt(i);
        result = fn!(t) ?? null;
      }
      return result;
    };
  },
});
