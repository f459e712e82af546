// SQL regexp_replace(text, pattern, replacement).
import { defineScalar, param } from '../../../contract/function.ts';
import { toTextAlways } from '../../../data/cast.ts';
import { isNullOrEmpty } from '../../../data/null-or-empty.ts';
import { createPatternCache } from './pattern-argument.ts';

export const regexpReplace = defineScalar({
  name: 'regexp_replace',
  group: 'string',
  since: '0.1.0',
  pure: true,
  nulls: 'pass',
  params: [param('text', 'string'), param('pattern', 'string'), param('replacement', 'string')],
  returns: 'string',
  doc: 'Text with every match of the pattern (RE2 syntax) replaced; $1, ${1} and ${name} in the replacement stand for groups, $$ for a dollar sign.',
  examples: [
    ['regexp_replace("hello", "l+", "L")', 'heLo'],
    ['regexp_replace("ab", "(a)(b)", "${2}${1}")', 'ba'],
    ['regexp_replace(a, "l", "x")', null, { a: null }],
    ['regexp_replace("a", "(", "x")', { error: 'error parsing regexp: missing closing ): `(`' }],
  ],
  compile: ([text, pattern, replacement]) => {
    const regexOf = createPatternCache();
    return (row) => {
      const value = text!(row);
      const source = pattern!(row);
      const by = replacement!(row);
      if (isNullOrEmpty(value) || isNullOrEmpty(source) || isNullOrEmpty(by)) return null;
      return regexOf(source).replaceAll(toTextAlways(value), toTextAlways(by));
    };
  },
});
