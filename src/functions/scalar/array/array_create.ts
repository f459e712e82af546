// SQL array_create(v, …).
import { defineScalar, param } from '../../../contract/function.ts';
import type { Value } from '../../../data/value.ts';

export const arrayCreate = defineScalar({
  name: 'array_create',
  group: 'array',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('v', 'any', { optional: true, rest: true })],
  returns: 'array',
  doc: 'Array of its arguments without the nulls; null when nothing remains.',
  examples: [
    ['array_create(1, "a", true)', [1n, 'a', true]],
    ['array_create(a, 1)', [1n], { a: null }],
    ['array_create(a)', null, { a: null }],
    ['array_create()', null],
  ],
  exec: (...values: Value[]) => {
    const kept = values.filter((v) => v != null);
    return kept.length === 0 ? null : kept;
  },
});
