// SQL endswith(text, suffix).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import type { Value } from '../../../data/value.ts';

export const endswith = defineScalar({
  name: 'endswith',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string'), param('suffix', 'string')],
  returns: 'boolean',
  doc: 'True when text ends with the suffix. False when an argument is null or an empty array or object.',
  examples: [
    ['endswith("pump-7", "mp-7")', true],
    ['endswith("pump-7", "x")', false],
    ['endswith(a, "")', false, { a: null }],
    ['endswith(a, "x")', false, { a: {} }],
    ['endswith(1, "x")', { error: 'Expect string type for parameter 1' }],
  ],
  exec: (text: Value, suffix: Value) => !isNullOrEmpty(text) && !isNullOrEmpty(suffix) && toTextAlways(text).endsWith(toTextAlways(suffix)),
});
