// SQL if(condition, then [, else]).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { brief } from '../../../data/go-format.ts';

export const ifFunction = defineScalar({
  name: 'if',
  group: 'other',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  oneType: true,
  params: [param('condition', 'any'), param('then', 'any'), param('else', 'any', { optional: true })],
  returns: 'unknown',
  doc: 'The second argument where the condition is true, else the third, or null without one. Only the one that is given is evaluated.',
  examples: [
    ['if(a > 1, "big", "small")', 'big', { a: 2 }],
    ['if(a > 1, "big", "small")', 'small', { a: null }],
    ['if(a > 1, "big")', null, { a: 1 }],
    ['if(a > 1, 1.5, 2)', 2, { a: 1 }],
    ['if(a, 1, 2)', { error: 'if takes a condition, but found 5' }, { a: 5 }],
  ],
  compile:
    ([condition, then, otherwise]) =>
    (t) => {
      const c = condition!(t);
      if (c === true) return then!(t);
      if (c != null && c !== false) throw rowError(`if takes a condition, but found ${brief(c)}`);
      return otherwise ? otherwise(t) : null;
    },
});
