// SQL a || b, concat_strict(a, b, …).
import { reserveText } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const concatStrict = defineScalar({
  name: 'concat_strict',
  group: 'string',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'null',
  params: [param('first', 'any'), param('more', 'any', { optional: true, rest: true })],
  returns: 'string',
  doc: 'The texts of all arguments in a row, null when one of them is null: the operator `||`. Numbers read as in JSON.',
  examples: [
    ['concat_strict("a", "b", "c")', 'abc'],
    ['concat_strict("v=", a)', 'v=1000000', { a: 1e6 }],
    ['concat_strict("v=", a)', 'v=9007199254740993', { a: 9007199254740993n }],
    ['concat_strict(a, "x")', null, { a: null }],
    ['concat_strict("is ", 1 < 2)', 'is true'],
    ['concat_strict()', { error: 'Expect at least 1 arguments but found 0' }],
  ],
  exec: (...args: Value[]) => {
    let text = '';
    for (const arg of args) {
      const piece = typeof arg === 'number' ? String(arg) : toTextAlways(arg);
      if (piece.length > 256) reserveText(piece.length);
      text += piece;
    }
    return text;
  },
});
