// SQL nullif(a, b).
import { defineScalar, param } from '../../../contract/function.ts';
import { eqItem } from '../../../data/compare.ts';

export const nullif = defineScalar({
  name: 'nullif',
  group: 'other',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  params: [param('a', 'any'), param('b', 'any')],
  returns: 'same',
  doc: 'Null where both are equal, else the first: 100 / nullif(n, 0) is null for 0.',
  examples: [
    ['nullif(a, 0)', null, { a: 0 }],
    ['nullif(a, 0)', 5, { a: 5 }],
    ['nullif(a, b)', 5, { a: 5, b: null }],
    ['nullif(a, 0)', null, { a: null }],
    ['nullif(a, 0)', { error: 'invalid operation' }, { a: 'x' }],
  ],
  compile:
    ([first, second], { env }) =>
    (t) => {
      const a = first!(t);
      const b = second!(t);
      return a == null || b == null || !eqItem(a, b, env.timeZone) ? a : null;
    },
});
