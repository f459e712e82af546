// SQL array_all(arr, x -> condition).
import { defineScalar, param } from '../../../contract/function.ts';
import { conditionOf, eachOf, elementsOf, OF_ELEMENT } from './lambda.ts';

export const arrayAll = defineScalar({
  name: 'array_all',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any')],
  lambda: OF_ELEMENT,
  returns: 'boolean',
  doc: 'True when the lambda is true for every element; null when it is false for none and null for one: array_all(arr, x -> condition).',
  examples: [
    ['array_all(a, x -> x > 3)', true, { a: [4, 5] }],
    ['array_all(a, x -> x > 3)', false, { a: [null, 1] }],
    ['array_all(a, x -> x > 3)', null, { a: [4, null] }],
    ['array_all(a, x -> x > 3)', true, { a: [] }],
  ],
  compile: ([arr, fn], site) => {
    const each = eachOf(fn!, site);
    return (t) => {
      const elements = elementsOf(arr!(t));
      if (elements === undefined) return null;
      let open = false;
      for (let i = 0; i < elements.length; i++) {
        const c = conditionOf(each(t, elements[i], i));
        if (c === false) return false;
        if (c === null) open = true;
      }
      return open ? null : true;
    };
  },
});
