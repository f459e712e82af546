// SQL round(x [, precision]).
import { defineScalar, inStandard, param } from '../../../contract/function.ts';
import { toFloat, toInt } from '../../../data/cast.ts';
import { roundInt, roundTo } from '../../../data/rounding.ts';
import type { Value } from '../../../data/value.ts';

export const round = inStandard(
  defineScalar({
    name: 'round',
    group: 'math',
    since: '0.1.0',
    pure: true,
    nulls: 'null-or-empty',
    params: [param('x', 'number'), param('precision', 'number', { optional: true })],
    countText: () => 'Expect 1 or 2 arguments only',
    returns: 'float',
    doc: 'Rounds half away from zero to `precision` decimals (default 0); negative ones round to tens, hundreds …',
    examples: [
      ['round(2.5)', 3],
      ['round(-2.5)', -3],
      ['round(1234.5678, 1)', 1234.6],
      ['round(1234.5678, -2)', 1200],
      ['round(a)', null, { a: null }],
      ['round(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
    ],
    exec: (...args: Value[]) => roundTo(toFloat(args[0], 'sameKind'), args.length > 1 ? toInt(args[1], 'sameKind') : 0),
  }),
  {
    returns: 'same',
    doc: 'Rounds half away from zero to `precision` decimals (default 0); negative ones round to tens, hundreds … An int stays an int, exactly.',
    examples: [
      ['round(2.5)', 3],
      ['round(-2.5)', -3],
      ['round(1234.5678, 1)', 1234.6],
      ['round(a)', 9007199254740993n, { a: 9007199254740993n }],
      ['round(a, -1)', 9007199254740990n, { a: 9007199254740993n }],
      ['round(a)', null, { a: null }],
      ['round(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
    ],
    exec: (...args: Value[]) => {
      const precision = args.length > 1 ? toInt(args[1], 'sameKind') : 0;
      return typeof args[0] === 'bigint' ? roundInt(args[0], precision) : roundTo(toFloat(args[0], 'sameKind'), precision);
    },
  },
);
