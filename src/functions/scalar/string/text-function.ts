// Shape of the functions that turn one text into another (lower, trim, md5 …). Not a function itself. Any value is read as its %v
// text; number and boolean literals are refused when the rule is made, as in eKuiper.
import { defineScalar, type Example, param, type ScalarDefinition } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

interface TextFunction {
  name: string;
  group: 'string' | 'hash';
  doc: string;
  examples: readonly Example[];
  compute(text: string): string;
}

/** Null, an empty array and an empty object give null. */
export const textFunction = ({ compute, ...about }: TextFunction): ScalarDefinition =>
  defineScalar({
    ...about,
    since: '0.1.0',
    pure: true,
    nulls: 'null-or-empty',
    params: [param('text', 'string')],
    returns: 'string',
    exec: (v: Value) => compute(toTextAlways(v)),
  });
