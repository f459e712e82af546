// SQL trunc(x, decimals).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import { roundTo } from '../../../data/rounding.ts';
import type { Value } from '../../../data/value.ts';

export const trunc = defineScalar({
  name: 'trunc',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('x', 'number'), param('decimals', 'int')],
  returns: 'float',
  doc: 'Rounds to that many decimals, half away from zero; despite its name nothing is cut. `decimals` must be an int: cast a column without schema.',
  examples: [
    ['trunc(1.987, 1)', 2],
    ['trunc(1234.5, -2)', 1200],
    ['trunc(a, 1)', null, { a: null }],
    ['trunc(1.5, a)', { error: 'The 2nd parameter must be int value.' }, { a: 1 }],
  ],
  exec: (x: Value, decimals: Value) => {
    const value = toFloat(x, 'sameKind');
    if (typeof decimals !== 'bigint') throw rowError('The 2nd parameter must be int value.');
    return roundTo(value, Number(decimals));
  },
});
