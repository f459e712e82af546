// SQL bypass(value, …).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

export const bypass = defineScalar({
  name: 'bypass',
  group: 'other',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('value', 'any'), param('more', 'any', { optional: true, rest: true })],
  returns: 'same',
  doc: 'The first argument as it is.',
  examples: [
    ['bypass(5)', 5n],
    ['bypass(a)', null, { a: null }],
    ['bypass()', { error: 'argument' }],
  ],
  exec: (v: Value) => v,
});
