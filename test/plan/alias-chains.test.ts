// Aliases that use each other twice: the work must not grow in powers of two, neither to plan nor per row.
import { describe, expect, it } from 'vitest';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { explain, planRule, rewriteRules } from '../../src/plan/index.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { runRule, startRule, stream } from '../helpers/program.ts';
import { startWorkCounter } from '../helpers/work.ts';

const chain = (length: number): string => ['a AS x0', ...Array.from({ length }, (_, i) => `x${i} + x${i} AS x${i + 1}`)].join(', ');
const off = { disabledRules: rewriteRules.map((r) => r.name) };

describe('chains of aliases', () => {
  it.each([
    ['optimised', {}],
    ['as written', off],
  ])('are planned and computed with work in step with their length, or its square at the most: %s', async (_name, options) => {
    const run = (length: number) =>
      runRule(`SELECT ${chain(length)} FROM demo WHERE x${length} > 0`, [{ a: 1 }], options)[0] as Record<string, number>[];
    expect(run(200)[0]!['x200']).toBe(2 ** 200);
    const counter = await startWorkCounter();
    try {
      expect(await counter.growth(run, 50)).toBeLessThan(16);
    } finally {
      await counter.stop();
    }
  });

  it('are refused in joins, where nothing can be kept below the join', () => {
    const sources = [stream('l'), stream('r')];
    const sql = `SELECT l.${chain(60)} FROM l INNER JOIN r ON l.id = r.id GROUP BY COUNTWINDOW(2)`;
    expect(() => startRule(sql, { sources })).toThrow('needs more than 10000 operations in a join');
    const short = `SELECT l.${chain(8)} FROM l INNER JOIN r ON l.id = r.id WHERE x8 > 0 GROUP BY COUNTWINDOW(2)`;
    const rule = startRule(short, { sources });
    rule.push('l', { id: 1, a: 1 });
    rule.push('r', { id: 1 });
    expect(rule.results[0]).toMatchObject([{ x8: 256 }]);
  });

  it('have a bounded text', () => {
    const sql = `SELECT ${chain(100)} FROM demo`;
    const plan = planRule(
      parseSelect(sql),
      { source: (name) => ({ name, kind: 'stream' }), functions: createFunctionCatalogue() },
      { sql, ...off },
    );
    expect(explain(plan).length).toBeLessThan(5_000_000);
  });

  it('that an unmatched row of an earlier window has kept are computed anew', () => {
    const rule = startRule(
      'SELECT upper(concat(l.s, r.s)) AS u, length(u) AS n, l.id AS i FROM l LEFT JOIN r ON l.id = r.id GROUP BY COUNTWINDOW(2, 1)',
      { sources: [stream('l'), stream('r')] },
    );
    rule.push('l', { id: 0, s: 'q' });
    rule.push('l', { id: 1, s: 'a' });
    rule.push('r', { id: 1, s: 'b' });
    expect(rule.results.at(-1)).toEqual([{ u: 'AB', n: 2n, i: 1 }]);
  });
});
