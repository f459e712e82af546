// Analytic functions: partitions, nesting, and state that outlives a restart.

import { deserialize, serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DateTime } from '../../src/data/datetime.ts';
import { startRule } from '../helpers/program.ts';

/** As the checkpoint stores it. */
const stored = (state: Record<string, unknown>): Record<string, unknown> => deserialize(serialize(state)) as Record<string, unknown>;

const SQL =
  'SELECT a, lag(a) AS p, lag(lag(a)) AS pp, acc_sum(a) OVER (PARTITION BY k) AS s, changed_cols("c_", true, a), last_hit_count() AS h FROM demo WHERE a >= 0';

describe('analytic', () => {
  it('keeps state per partition', () => {
    const r = startRule('SELECT lag(a) OVER (PARTITION BY k WHEN a > 1) AS p FROM demo');
    for (const [k, a] of [
      ['x', 1],
      ['y', 5],
      ['x', 2],
      ['x', 3],
      ['y', 6],
    ] as const)
      r.push('demo', { k, a });
    expect(r.results).toEqual([[{}], [{}], [{}], [{ p: 2 }], [{ p: 5 }]]);
  });

  it('says that it holds state of the message', () => {
    const r = startRule('SELECT lag(a) AS p FROM demo');
    r.push('demo', { a: 1 });
    expect(r.touched).toBe(1);
    expect(r.program.stateful).toBe(true);
  });

  it('goes on after a restart at any point as if nothing had been', () => {
    const rows = fc.array(fc.record({ a: fc.integer({ min: -1, max: 3 }), k: fc.constantFrom('x', 'y') }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(rows, fc.nat(12), (all, at) => {
        const whole = startRule(SQL);
        for (const row of all) whole.push('demo', row);
        const first = startRule(SQL);
        for (const row of all.slice(0, at)) first.push('demo', row);
        const second = startRule(SQL, { state: stored(first.running.save()) });
        for (const row of all.slice(at)) second.push('demo', row);
        expect([...first.results, ...second.results]).toEqual(whole.results);
      }),
      { numRuns: 60 },
    );
  });

  it('restores a datetime as a datetime', () => {
    const sql = 'SELECT lag(d) AS p FROM demo';
    const d = DateTime.fromMs(1_700_000_000_000);
    const first = startRule(sql);
    first.push('demo', { d });
    const second = startRule(sql, { state: stored(first.running.save()) });
    second.push('demo', { d });
    expect((second.results[0] as [{ p: unknown }])[0].p).toBeInstanceOf(DateTime);
  });

  it('keeps counters in WHERE when the select list changes', () => {
    const first = startRule('SELECT a FROM demo WHERE last_hit_count() < 2');
    first.push('demo', { a: 1 });
    const second = startRule('SELECT abs(a) AS b, upper(s) AS u FROM demo WHERE last_hit_count() < 2', {
      state: stored(first.running.save()),
    });
    expect(second.program.fingerprints['3_filter']).toBe(first.program.fingerprints['3_filter']);
    second.push('demo', { a: 2 });
    second.push('demo', { a: 3 });
    expect(second.results).toEqual([[{ b: 2 }]]);
  });

  it('has the same fingerprint for the same calls, another for others', () => {
    const print = (sql: string) => Object.values(startRule(sql).program.fingerprints);
    expect(print('SELECT lag(a) AS p FROM demo')).toEqual(print('SELECT lag(a) AS q, b FROM demo'));
    expect(print('SELECT lag(a) AS p FROM demo')).not.toEqual(print('SELECT lag(b) AS p FROM demo'));
  });
});
