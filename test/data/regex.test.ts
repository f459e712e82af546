// RE2 syntax with Go's replacement rules. Expected texts of replacements were printed by Go 1.26.
import { describe, expect, it, vi } from 'vitest';
import { Budget, within } from '../../src/base/budget.ts';
import { compileRegex } from '../../src/data/regex.ts';

const replace = (text: string, pattern: string, by: string): string => compileRegex(pattern).replaceAll(text, by);

describe('regex', () => {
  it('searches anywhere and gives the first match', () => {
    expect(compileRegex('[0-9]+').first('foo123bar4')).toBe('123');
    expect(compileRegex('x').first('abc')).toBe('');
    expect(compileRegex('(?i)HELLO').test('say hello')).toBe(true);
    expect(compileRegex('^b').test('ab')).toBe(false);
    expect(compileRegex('\\p{Han}').test('a中')).toBe(true);
  });

  it('refuses what RE2 has not, with Go’s text', () => {
    expect(() => compileRegex('[')).toThrow('error parsing regexp: missing closing ]: `[`');
    expect(() => compileRegex('(?=a)')).toThrow('error parsing regexp: invalid or unsupported Perl syntax: `(?=`');
    expect(() => compileRegex('(a)\\1')).toThrow('error parsing regexp: invalid escape sequence: `\\1`');
  });

  it('groups in replacements: $1, ${1}, names, $$ and unknown ones', () => {
    expect(replace('ab', '(a)(b)', '$2$1')).toBe('ba');
    expect(replace('ab', '(a)', '$1x')).toBe('b'); // the group named 1x, which is not there
    expect(replace('ab', '(a)', '${1}x')).toBe('axb');
    expect(replace('ab', '(?P<first>a)', '<$first>')).toBe('<a>b');
    expect(replace('a', 'a', '$$')).toBe('$');
    expect(replace('a', 'a', '$')).toBe('$');
    expect(replace('a', 'a', '[$9]')).toBe('[]');
    expect(replace('a', '(a)|(b)', '[$2]')).toBe('[]');
    expect(replace('a', 'a', '${x')).toBe('${x');
  });

  it('empty matches as in Go', () => {
    expect(replace('abc', 'x*', '-')).toBe('-a-b-c-');
    expect(replace('baaac', 'a*', 'x')).toBe('xbxcx');
    expect(replace('', 'x*', '-')).toBe('-');
    expect(replace('a😀b', '', '.')).toBe('.a.😀.b.');
    expect(replace('line1\nline2', '(?m)^', '> ')).toBe('> line1\n> line2');
  });

  // a backtracking engine would not end within the age of the universe
  it('a pattern made to backtrack ends', () => {
    expect(compileRegex('(a+)+$').test(`${'a'.repeat(50_000)}!`)).toBe(false);
    expect(compileRegex('(a|aa)*b').test('a'.repeat(5_000))).toBe(false);
  });
});

// @covers issue:13#2
describe('what the preparation of a pattern costs', () => {
  const spentMs = (pattern: string): number => {
    const spy = vi.spyOn(performance, 'now');
    try {
      compileRegex(pattern);
      return spy.mock.calls.length;
    } finally {
      spy.mockRestore();
    }
  };
  it.each([
    ['a group nine hundred times', '(abc|d){900}'],
    ['groups within groups', '((((ab{9}){9}){9})x)'],
    ['an open end', '(a|b|c|d){100,}'],
    ['an end', '(a|b|c|d){1,100}'],
    ['classes with all their cases', `(?i)${'\\pL'.repeat(100)}`],
  ])('%s: the time counts', (_name, pattern) => {
    expect(spentMs(pattern)).toBeGreaterThan(0);
  });
  it.each(['[0-9]{4}-[0-9]{2}', 'a+b*', '^x{0}$', 'a{,5}', 'a{1}'])('%s is prepared at once', (pattern) => {
    expect(spentMs(pattern)).toBe(0);
  });
  it('what takes longer than a message may is refused by name', () => {
    const budget = new Budget('rule r', { maxSteps: 2_000_000, maxBytes: 64 * 1024 * 1024, maxTimeMs: 1 });
    // every letter in every case, a thousand times
    const work = () => compileRegex('(?i)([\\pL\\pN][^\\pL\\pM][\\pP\\pS]){333}');
    expect(() => within(budget, 1, work)).toThrow(/preparing a pattern of 36 characters/);
  });
});
