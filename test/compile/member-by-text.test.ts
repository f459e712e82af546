// `a["b"]` and `+a` in standard SQL; eKuiper refuses both.
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import { startRule } from '../helpers/program.ts';

const run = (sql: string, rows: Row[], sqlCompatibility: 'standard' | 'ekuiper' = 'standard') => {
  const rule = startRule(sql, { sqlCompatibility });
  for (const row of rows) rule.push('demo', row);
  return rule.results;
};

// @covers issue:20#6
describe('a text in brackets', () => {
  it('is the name of a member, also one with blanks and one that a column gives', () => {
    const row = { o: { 'b c': 1, d: { e: [5, 6] } }, k: 'd' };
    expect(run('SELECT o["b c"] AS x, o["d"]["e"][-1] AS y, o[k]["e"][0] AS z FROM demo', [row])).toEqual([[{ x: 1, y: 6, z: 5 }]]);
  });

  it('is null where the member is absent, as `->` is, and never a member of the language', () => {
    expect(run('SELECT 1 AS one, o["x"] AS x, o["constructor"] AS c, n["x"] AS n FROM demo', [{ o: {}, n: null }])).toEqual([
      [{ one: 1n }],
    ]);
  });

  it('is an error of the row for a list, and a number for an object', () => {
    const cases: [string, Row][] = [
      ['SELECT a["x"] AS x FROM demo', { a: [1] }],
      ['SELECT a[0] AS x FROM demo', { a: { b: 1 } }],
    ];
    for (const [sql, row] of cases) expect(run(sql, [row])[0]).toHaveProperty('$error');
  });

  it('is an error of the row with sqlCompatibility ekuiper', () => {
    expect(run('SELECT o["b"] AS x FROM demo', [{ o: { b: 1 } }], 'ekuiper')[0]).toHaveProperty('$error');
  });
});

describe('a plus before an operand', () => {
  it('changes nothing', () => {
    expect(run('SELECT +3 AS a, +v AS b, 2 - +v AS c, +v * 2 AS d FROM demo', [{ v: 4 }])).toEqual([[{ a: 3n, b: 4, c: -2, d: 8 }]]);
  });

  it('is refused with sqlCompatibility ekuiper', () => {
    expect(() => run('SELECT +3 AS a FROM demo', [], 'ekuiper')).toThrow('found "+", expected expression.');
  });
});
