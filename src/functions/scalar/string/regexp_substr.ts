// SQL regexp_substr(text, pattern).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { createPatternCache } from './pattern-argument.ts';

export const regexpSubstr = defineScalar({
  name: 'regexp_substr',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string'), param('pattern', 'string')],
  returns: 'string',
  doc: 'The first match of the pattern (RE2 syntax); an empty text when there is none.',
  examples: [
    ['regexp_substr("foo123bar", "[0-9]+")', '123'],
    ['regexp_substr("foo", "[0-9]+")', ''],
    ['regexp_substr(a, "x")', null, { a: null }],
    ['regexp_substr("a", "*")', { error: 'error parsing regexp: missing argument to repetition operator: `*`' }],
  ],
  compile: ([text, pattern]) => {
    const regexOf = createPatternCache();
    return (row) => {
      const value = text!(row);
      const source = pattern!(row);
      if (isNullOrEmpty(value) || isNullOrEmpty(source)) return null;
      return regexOf(source).first(toTextAlways(value));
    };
  },
});
