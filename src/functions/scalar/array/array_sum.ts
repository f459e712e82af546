// SQL array_sum(arr [, x -> value]).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { arithmetic } from '../../../data/arithmetic.ts';
import { describe } from '../../../data/go-format.ts';
import type { Tuple } from '../../../data/tuple.ts';
import type { Value } from '../../../data/value.ts';
import { eachOf, elementsOf, OF_ELEMENT } from './lambda.ts';

export const arraySum = defineScalar({
  name: 'array_sum',
  group: 'array',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('arr', 'array'), param('fn', 'any', { optional: true })],
  lambda: OF_ELEMENT,
  returns: 'unknown',
  doc: 'The sum of the elements, or of what the lambda gives for them; nulls do not count, and without a number it is null: array_sum(arr), array_sum(arr, x -> value).',
  examples: [
    ['array_sum(a)', 6.5, { a: [1, 2.5, null, 3] }],
    ['array_sum(a, x -> x->w)', 30, { a: [{ w: 10 }, { w: 20 }, {}] }],
    ['array_sum(a)', 9007199254740993n, { a: [9007199254740992n, 1n] }],
    ['array_sum(a)', null, { a: [] }],
    ['array_sum(a)', { error: 'array_sum takes numbers' }, { a: ['x'] }],
  ],
  compile: ([arr, fn], site) => {
    const each = fn && site.params ? eachOf(fn, site) : (_t: Tuple, e: Value) => e;
    return (t) => {
      let sum: number | bigint | undefined;
      elementsOf(arr!(t))?.forEach((e, i) => {
        const v = each(t, e, i);
        if (v == null) return;
        if (typeof v !== 'number' && typeof v !== 'bigint') throw rowError(`array_sum takes numbers, but found ${describe(v)}`);
        sum = sum === undefined ? v : (arithmetic['+']!(sum, v) as number | bigint);
      });
      return sum ?? null;
    };
  },
});
