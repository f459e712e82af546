// SQL startswith(text, prefix).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import type { Value } from '../../../data/value.ts';

export const startswith = defineScalar({
  name: 'startswith',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string'), param('prefix', 'string')],
  returns: 'boolean',
  doc: 'True when text begins with the prefix. False when an argument is null or an empty array or object.',
  examples: [
    ['startswith("pump-7", "pump")', true],
    ['startswith("pump-7", "x")', false],
    ['startswith(a, "")', false, { a: null }],
    ['startswith(a, "x")', false, { a: {} }],
    ['startswith(1, "x")', { error: 'Expect string type for parameter 1' }],
  ],
  exec: (text: Value, prefix: Value) =>
    !isNullOrEmpty(text) && !isNullOrEmpty(prefix) && toTextAlways(text).startsWith(toTextAlways(prefix)),
});
