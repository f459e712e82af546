// SQL chr(x).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { type ArgFact, defineScalar, param } from '../../../contract/function.ts';
import { byteLength } from '../../../data/text.ts';
import type { Value } from '../../../data/value.ts';

export const chr = defineScalar({
  name: 'chr',
  group: 'transform',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  params: [param('x', 'any')],
  validate: checkLiteral,
  returns: 'bigint',
  doc: 'The code of a character: of a text of one byte its code, of a number the number itself (floats are cut). It gives a number, not a text.',
  examples: [
    ['chr("z")', 122n],
    ['chr(a)', 66n, { a: 66.9 }],
    ['chr(a)', null, { a: null }],
    ['chr("ab")', { error: 'Parameter length cannot larger than 1.' }],
    ['chr(a)', { error: 'is not a code of a character' }, { a: 1e12 }],
    ['chr(a)', { error: 'Only bigint, float and string type can be convert to char type.' }, { a: true }],
    ['chr(a > 1)', { error: 'Expect int type for parameter 1' }, { a: 2 }],
    ['chr(1.5)', { error: 'Expect int type for parameter 1' }],
  ],
  exec: (v: Value) => {
    if (typeof v === 'bigint') return BigInt.asIntN(32, v);
    if (typeof v === 'number') return codeOf(v);
    if (typeof v !== 'string') throw rowError('Only bigint, float and string type can be convert to char type.');
    if (byteLength(v) > 1) throw rowError('Parameter length cannot larger than 1.');
    if (v === '') throw rowError('an empty text has no character');
    return BigInt(v.charCodeAt(0));
  },
});

/** Written conditions (`a > 1`) count as booleans. */
const CONDITIONS = ['binary', 'between', 'in', 'like'];

function checkLiteral(args: readonly ArgFact[]): void {
  const { node, type } = args[0]!;
  const wrong = node === 'float' || node === 'bool' || node === 'timeUnit' || (type === 'boolean' && CONDITIONS.includes(node));
  if (wrong) throw new Error('Expect int type for parameter 1');
}

/** Source of the range: Go's rune is an int32. */
function codeOf(x: number): bigint {
  const code = Math.trunc(x);
  if (!(Math.abs(code) < 2 ** 31)) throw rowError(`${x} is not a code of a character`);
  return BigInt(code);
}
