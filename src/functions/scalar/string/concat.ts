// SQL concat(a, b, …).
import { reserveText } from '../../../base/budget.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

export const concat = defineScalar({
  name: 'concat',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('first', 'string'), param('more', 'string', { optional: true, rest: true })],
  countText: () => 'The arguments should be at least one.',
  returns: 'string',
  doc: 'The texts of all arguments in a row; null counts as empty. Numbers print as in eKuiper: 20.0 is 20, 1000000.0 is 1e+06.',
  examples: [
    ['concat("a", "b", "c")', 'abc'],
    ['concat("v=", a)', 'v=1e+06', { a: 1e6 }],
    ['concat(a, "x")', 'x', { a: null }],
    ['concat(a, "x")', '[1 2]x', { a: [1, 2] }],
    ['concat("n=", 5)', { error: 'Expect string type for parameter 2' }],
  ],
  exec: (...args: Value[]) => {
    let text = '';
    for (const arg of args) {
      const piece = toTextAlways(arg);
      if (piece.length > 256) reserveText(piece.length);
      text += piece;
    }
    return text;
  },
});
