// Windows of many rows are meant: they have room for their rows. Only what is quadratic in them is refused.
import { describe, expect, it } from 'vitest';
import { defaultBudgetLimits } from '../../src/base/budget.ts';
import { startRule, stream } from '../helpers/program.ts';

const fill = (sql: string, n: number, row: (i: number) => Record<string, number | string>) => {
  const rule = startRule(sql, { sources: [stream('demo'), stream('other')] });
  for (let i = 0; i < n; i++) rule.push('demo', row(i));
  return rule;
};
const lastOf = (rule: ReturnType<typeof startRule>) => rule.results.at(-1) as Record<string, unknown>[];

describe('a window of a hundred thousand rows', () => {
  // @covers issue:13#2
  it('is collected, deduplicated, sorted, summed and printed', () => {
    const n = 100_000;
    const rule = fill(
      `SELECT count(*) AS n, cardinality(collect(a)) AS c, cardinality(deduplicate(b, true)) AS d, median(a) AS m, percentile_cont(a, 0.5) AS p, merge_agg(*) AS last
       FROM demo GROUP BY COUNTWINDOW(${n})`,
      n,
      (i) => ({ a: i, b: i % 1000 }),
    );
    expect(rule.results).toEqual([[{ n: BigInt(n), c: BigInt(n), d: 1000n, m: 49_999.5, p: 49_999, last: { a: n - 1, b: 999 } }]]);
  });

  it('each row may cost what a row of a window may, in sorting and in expressions', () => {
    const n = 20_000;
    const rule = fill(
      `SELECT to_json(object_construct("a", a, "b", b)) AS j FROM demo GROUP BY COUNTWINDOW(${n}) ORDER BY b DESC, a`,
      n,
      (i) => ({ a: i, b: `k${i % 100}` }),
    );
    expect(lastOf(rule).length).toBe(n);
    expect(lastOf(rule)[0]).toEqual({ j: '{"a":99,"b":"k99"}' });
  });
});

describe('joins of a window', () => {
  const join = (n: number, on: string, budget = defaultBudgetLimits) => {
    const rule = startRule(`SELECT demo.a AS a, other.b AS b FROM demo INNER JOIN other ON ${on} GROUP BY TUMBLINGWINDOW(ss, 10)`, {
      sources: [stream('demo'), stream('other')],
      budget,
    });
    for (let i = 0; i < n; i++) {
      rule.push('demo', { a: i });
      rule.push('other', { b: i });
    }
    return rule;
  };

  it('by equality go through with many rows', async () => {
    const rule = join(20_000, 'demo.a = other.b');
    await rule.clock.advance(10_000);
    expect(lastOf(rule).length).toBe(20_000);
  });

  // @covers issue:13#2
  it('that try all pairs end when that would take seconds, with the size of the window in words', async () => {
    const rule = join(1000, 'demo.a < other.b - 1000000', { ...defaultBudgetLimits, maxSteps: 20_000, maxTimeMs: 60_000 });
    await rule.clock.advance(10_000);
    expect(rule.results.length).toBe(1);
    expect((rule.results[0] as unknown as { $error: string }).$error).toMatch(
      /^run Join error: rule test: the work is more than 1,000,000 steps, the limit for one window of 2,000 rows/,
    );
  });
});

describe('rows that one message expands to', () => {
  it('unnest gives ten thousand rows of a thousand columns no more than memory allows', () => {
    const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`c${i}`, i]));
    const rule = startRule('SELECT *, unnest(list) FROM demo', { budget: { ...defaultBudgetLimits, maxTimeMs: 60_000 } });
    rule.push('demo', { ...wide, list: Array.from({ length: 10_000 }, (_, i) => i) } as never);
    expect((rule.results[0] as unknown as { $error: string }).$error).toMatch(
      /rule test, function unnest: the work is more than 2,000,000 steps/,
    );
    expect(rule.results.length).toBe(1);
  });

  it('and a thousand rows of a few columns go out one by one', () => {
    const rule = startRule('SELECT a, unnest(list) AS v FROM demo');
    rule.push('demo', { a: 1, list: Array.from({ length: 1000 }, (_, i) => i) });
    expect(rule.results.length).toBe(1000);
    expect(rule.results[999]).toEqual([{ a: 1, v: 999 }]);
  });
});

describe('names that messages make up', () => {
  it('are remembered up to 10,000 by had_changed(…, *)', () => {
    const rule = startRule('SELECT had_changed(true, *) AS h FROM demo');
    for (let m = 0; m < 11; m++) rule.push('demo', Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`n${m}_${i}`, 1])));
    expect(rule.results.slice(0, 10).every((r) => !('$error' in r))).toBe(true);
    expect((rule.results[10] as { $error: string }).$error).toContain('10000 different columns');
  });
});
