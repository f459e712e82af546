// SQL greatest(a, b, …).
import { defineScalar, param } from '../../../contract/function.ts';
import { gt } from '../../../data/compare.ts';
import { outermost } from './outermost.ts';

export const greatest = defineScalar({
  name: 'greatest',
  group: 'other',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  oneType: true,
  params: [param('first', 'any'), param('more', 'any', { optional: true, rest: true })],
  returns: 'unknown',
  doc: 'The largest of the arguments; nulls are ignored. An int beside a float is a float.',
  examples: [
    ['greatest(a, 3)', 5, { a: 5 }],
    ['greatest(a, b, 2.5)', 2.5, { a: null, b: 1 }],
    ['greatest("a", "b")', 'b'],
    ['greatest(a)', null, { a: null }],
    ['greatest(a, "x")', { error: 'invalid operation' }, { a: 1 }],
  ],
  compile: outermost(gt),
});
