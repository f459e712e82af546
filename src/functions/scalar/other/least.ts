// SQL least(a, b, …).
import { defineScalar, param } from '../../../contract/function.ts';
import { lt } from '../../../data/compare.ts';
import { outermost } from './outermost.ts';

export const least = defineScalar({
  name: 'least',
  group: 'other',
  since: '0.2.0',
  onlyStandard: true,
  pure: true,
  nulls: 'pass',
  oneType: true,
  params: [param('first', 'any'), param('more', 'any', { optional: true, rest: true })],
  returns: 'unknown',
  doc: 'The smallest of the arguments; nulls are ignored. An int beside a float is a float.',
  examples: [
    ['least(a, 3)', 3n, { a: 5 }],
    ['least(a, b, 2.5)', 1, { a: null, b: 1 }],
    ['least("a", "b")', 'a'],
    ['least(a)', null, { a: null }],
    ['least(a, "x")', { error: 'invalid operation' }, { a: 1 }],
  ],
  compile: outermost(lt),
});
