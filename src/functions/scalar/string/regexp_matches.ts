// SQL regexp_matches(text, pattern).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { createPatternCache } from './pattern-argument.ts';

export const regexpMatches = defineScalar({
  name: 'regexp_matches',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string'), param('pattern', 'string')],
  returns: 'boolean',
  doc: 'True when the pattern (RE2 syntax) is found anywhere in the text. False when an argument is null.',
  examples: [
    ['regexp_matches("foo123", "[0-9]+")', true],
    ['regexp_matches("foo", "^o")', false],
    ['regexp_matches(a, "x")', false, { a: null }],
    ['regexp_matches("a", "[")', { error: 'error parsing regexp: missing closing ]: `[`' }],
  ],
  compile: ([text, pattern]) => {
    const regexOf = createPatternCache();
    return (row) => {
      const value = text!(row);
      const source = pattern!(row);
      if (isNullOrEmpty(value) || isNullOrEmpty(source)) return false;
      return regexOf(source).test(toTextAlways(value));
    };
  },
});
