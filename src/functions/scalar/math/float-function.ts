// Shape of the functions of one number that compute in floats (sin, exp, floor …). Not a function itself.
// eKuiper's rule for most of them: NaN becomes null, infinity is handed on (and refused by the JSON encoder).
import { defineScalar, type Example, param, type ScalarDefinition } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

interface FloatFunction {
  name: string;
  aliases?: readonly string[];
  doc: string;
  examples: readonly Example[];
  compute(x: number): number;
}

/** A definition whose argument is a number (ints are read as floats) and whose result is a float, null for NaN. */
export const floatFunction = ({ compute, ...about }: FloatFunction): ScalarDefinition =>
  defineScalar({
    ...about,
    group: 'math',
    since: '0.1.0',
    pure: true,
    nulls: 'null-or-empty',
    params: [param('x', 'number')],
    returns: 'float',
    exec: (x: Value) => {
      const result = compute(toFloat(x, 'sameKind'));
      return Number.isNaN(result) ? null : result;
    },
  });
