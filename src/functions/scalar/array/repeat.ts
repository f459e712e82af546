// SQL repeat(v, count).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';
import { checkLength, goInt } from './go-int.ts';

export const repeat = defineScalar({
  name: 'repeat',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('v', 'any'), param('count', 'any')],
  returns: 'array',
  doc: 'Array of count times v. Count is an int column or expression, such as cast(n, "bigint"); a literal is an error, as in eKuiper.',
  examples: [
    ['repeat(a, cast(b, "bigint"))', ['ab', 'ab'], { a: 'ab', b: 2 }],
    ['repeat(a, length(b))', [], { a: 'ab', b: '' }],
    ['repeat(a, b)', null, { a: null, b: 1n }],
    ['repeat("x", 2)', { error: 'second argument should be int' }],
    ['repeat(a, b)', { error: 'second argument should be int' }, { a: 'x', b: 2.5 }],
  ],
  compile:
    ([v, count], site) =>
    (row) => {
      const value = v!(row);
      const n = goInt(count!(row), 1, site);
      if (n < 0n) throw rowError(`second argument should not be negative but found ${n}`);
      checkLength(n);
      return new Array<Value>(Number(n)).fill(value);
    },
});
