// A fixed share of the oracle: what DuckDB answers, standard SQL of ours answers. `make oracle` runs 220 batches; record.json holds the last such run.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { emptyTally, equal, openOracle, runBatch } from './compare.ts';
import { aggregate, createRandom, expression } from './generate.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

// @covers issue:20#oracle
describe('the oracle', () => {
  let oracle: Awaited<ReturnType<typeof openOracle>>;
  beforeAll(async () => {
    oracle = await openOracle();
  });
  afterAll(() => oracle.close());

  it.each(SEEDS)('DuckDB and our standard SQL give the same answers (batch %i)', async (seed) => {
    const tally = emptyTally();
    await runBatch(oracle.db, seed, tally);
    expect(tally.differences).toEqual([]);
    expect(tally.comparisons).toBeGreaterThan(750);
    // most of what is drawn has a value
    expect(tally.bothFail + tally.oursDecides).toBeLessThan(tally.comparisons / 10);
  });

  it('notices a wrong answer', () => {
    for (const [a, b] of [
      [1, 2],
      [1n, 2n],
      [null, 0],
      [true, null],
      ['a', 'b'],
      [0.1, 0.2],
      [9007199254740993n, 9007199254740992n],
    ] as const)
      expect([a, b, equal(a, b, 1e-12)]).toEqual([a, b, false]);
    expect(equal(1n, 1, 1e-12)).toBe(true);
    expect(equal(0.1 + 0.2, 0.3, 1e-12)).toBe(true);
  });

  it('draws every kind of expression, and the same for the same seed', () => {
    const draw = (seed: number) => {
      const r = createRandom(seed);
      return Array.from(
        { length: 400 },
        () => `${expression(r, 'bool', 3).ours} ${expression(r, 'float', 3).ours} ${expression(r, 'text', 3).ours} ${aggregate(r, 2).ours}`,
      ).join('\n');
    };
    const text = draw(7);
    expect(draw(7)).toBe(text);
    for (const part of [
      'AND',
      'OR',
      'BETWEEN',
      'NOT IN',
      'LIKE',
      'CASE WHEN',
      'coalesce',
      'isnull',
      'sum(',
      'avg(',
      'median(',
      'percentile_cont(',
      'stddevs(',
      'count(*)',
      'max(',
      ' || ',
      '(NOT ',
      ' IS NOT NULL)',
      ' IS TRUE)',
      ' <> ',
      'if(',
      'nullif(',
      'greatest(',
      'least(',
      '(- ',
      'count(DISTINCT ',
      ' FILTER (WHERE ',
    ])
      expect(text).toContain(part);
  });
});

it('the record of the last campaign says what ran and that nothing differed', () => {
  const record = JSON.parse(readFileSync(join(import.meta.dirname, 'record.json'), 'utf8')) as Record<string, unknown>;
  expect(record).toMatchObject({ differences: 0, duckdb: expect.stringMatching(/^v\d/), node: expect.stringMatching(/^v\d/) });
  expect(record['comparisons']).toBeGreaterThanOrEqual(200_000);
});
