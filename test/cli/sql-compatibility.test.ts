// `--sql-compatibility` of the imports: which rules of a file it marks.
import { describe, expect, it } from 'vitest';
import { markRules } from '../../src/cli/sql-compatibility.ts';

const rules = (content: string) => (JSON.parse(content) as { rules: Record<string, string> }).rules;
const file = (rule: object | string) =>
  JSON.stringify({ streams: { s: 'x' }, rules: { r: typeof rule === 'string' ? rule : JSON.stringify(rule) } });

// @covers issue:20#0
describe('--sql-compatibility', () => {
  it('marks rules without options, with options and with null options, and leaves the rest of the file alone', () => {
    for (const options of [undefined, null, { qos: 1 }]) {
      const marked = markRules(file({ id: 'r', ...(options !== undefined && { options }) }), 'ekuiper');
      expect(JSON.parse(rules(marked)['r']!)).toEqual({ id: 'r', options: { ...options, sqlCompatibility: 'ekuiper' } });
      expect(JSON.parse(marked)).toMatchObject({ streams: { s: 'x' } });
    }
    expect(JSON.parse(rules(markRules(file({}), 'ekuiper'))['r']!)).toEqual({ options: { sqlCompatibility: 'ekuiper' } });
  });

  it('does not change what a rule says itself', () => {
    const own = JSON.stringify({ id: 'r', options: { sqlCompatibility: 'standard' } });
    expect(rules(markRules(file(own), 'ekuiper'))['r']).toBe(own);
  });

  it('keeps numbers that JavaScript cannot hold in rules without options', () => {
    expect(rules(markRules(file('{"id":"r","n":9007199254740993}'), 'ekuiper'))['r']).toContain('9007199254740993');
  });

  it('does nothing without the flag, and refuses other values and files that are no JSON', () => {
    expect(markRules('no json', undefined)).toBe('no json');
    expect(() => markRules(file({}), 'mysql')).toThrow('Expect --sql-compatibility to be one of standard, ekuiper.');
    expect(() => markRules(file({}), true)).toThrow('one of standard, ekuiper');
    expect(() => markRules('no json', 'ekuiper')).toThrow('cannot be marked, since it is not JSON');
    expect(() => markRules(file('{'), 'ekuiper')).toThrow('Rule r of the file cannot be marked');
  });
});
