// What a key costs: a hundred thousand devices must fit beside everything else on a small box.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import { createWindow } from '../../src/exec/window.ts';
import { createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';
import { startRule, stream } from '../helpers/program.ts';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

const KEYS = 10_000;
const START = Date.UTC(2026, 0, 1);

function bytesPerKey(sql: string, eventTime: boolean): number {
  const rule = startRule(sql, {
    sqlCompatibility: 'standard',
    sources: [stream('demo', undefined, eventTime ? { timestamp: 'ts' } : {})],
    isEventTime: eventTime,
  });
  const push = (i: number): void => rule.push('demo', JSON.parse(`{"k":"device-${i}","v":${i + 1}.5}`) as Row, { tsMs: START + i });
  for (let i = -100; i < 0; i++) push(i);
  gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < KEYS; i++) push(i);
  rule.results.length = 0;
  gc();
  const grown = process.memoryUsage().heapUsed - before;
  // so that the rule is not collected before; and what is measured are keys (in event time the last second waits)
  expect(Math.max(...[...rule.stats.values()].map((s) => s.keys ?? 0))).toBeGreaterThanOrEqual(KEYS * 0.9);
  rule.running.close();
  return grown / KEYS;
}

describe('memory of a key', () => {
  // eKuiper: 37 MB for 100,000 keys of either
  // @covers issue:20#5
  // @covers finding:sql#B13
  test.each([
    ['lag', 'SELECT lag(v) OVER (PARTITION BY k) AS l FROM demo WHERE v < 0', false, 370],
    ['a state window', 'SELECT k, count(*) AS n FROM demo GROUP BY STATEWINDOW(v > 0, v < 0) OVER (PARTITION BY k)', false, 370],
    ['a session', 'SELECT k, count(*) AS n, avg(v) AS m FROM demo GROUP BY k, SESSIONWINDOW(mi, 10, 5)', false, 1000],
    ['a session in event time', 'SELECT k, count(*) AS n, avg(v) AS m FROM demo GROUP BY k, SESSIONWINDOW(mi, 10, 5)', true, 1000],
    ['a count window', 'SELECT k, avg(v) AS m FROM demo GROUP BY COUNTWINDOW(5) OVER (PARTITION BY k)', false, 900],
    ['a sliding window', 'SELECT k, avg(v) AS m FROM demo GROUP BY SLIDINGWINDOW(mi, 5) OVER (WHEN v < 0 PARTITION BY k)', false, 900],
    ['a tumbling window', 'SELECT k, avg(v) AS m FROM demo GROUP BY TUMBLINGWINDOW(mi, 5) OVER (PARTITION BY k)', false, 800],
    ['held_for', 'SELECT k FROM demo WHERE held_for(v > 0, mi, 5) OVER (PARTITION BY k)', false, 900],
    ['deadband', 'SELECT k, v FROM demo WHERE deadband(v, 5) OVER (PARTITION BY k)', false, 370],
  ])('of %s is below its bound', (name, sql, eventTime, bound) => {
    // what else the process lets go of meanwhile makes a run look smaller, never larger
    const bytes = Math.max(bytesPerKey(sql, eventTime), bytesPerKey(sql, eventTime), bytesPerKey(sql, eventTime));
    expect(bytes, name).toBeGreaterThan(0);
    expect(bytes, name).toBeLessThan(bound);
  });
});

describe('state of a state window', () => {
  test('holds all keys in one table of rows and comes back with windows of one and of several rows', () => {
    const spec = windowSpec({
      kind: 'state',
      begin: () => true,
      emit: (t) => t.cols[0] === 9,
      partitionBy: [(t) => t.cols[1]],
      standard: true,
    });
    const open = () => {
      const sink = createSink();
      return { sink, op: createWindow(spec, createTestHost(), newStats(), sink) };
    };
    const first = open();
    first.op.row(row([1, 'a'], 10));
    first.op.row(row([2, 'b'], 20));
    first.op.row(row([3, 'a'], 30));
    const state = stored(first.op.save!());
    expect((state as { window: { keys: string[]; counts: number[] } }).window).toMatchObject({ keys: ['a', 'b'], counts: [2, 1] });
    const second = open();
    second.op.load!(state);
    second.op.row(row([9, 'b'], 40));
    second.op.row(row([9, 'a'], 50));
    expect(second.sink.slot(0)).toEqual([
      [2, 9],
      [1, 3, 9],
    ]);
    expect(second.sink.ranges()).toEqual([
      [20, 40, 40],
      [10, 50, 50],
    ]);
  });

  test('of version 0.1.0 is read: an open window survives the upgrade', () => {
    const spec = windowSpec({ kind: 'state', begin: () => true, emit: (t) => t.cols[0] === 9, partitionBy: [(t) => t.cols[1]] });
    const sink = createSink();
    const op = createWindow(spec, createTestHost(), newStats(), sink);
    const rows = {
      columns: ['v', 'dev'],
      values: [
        [1, 3],
        ['a', 'a'],
      ],
      tsMs: [10, 30],
    };
    op.load!({ kind: 'state', window: [{ key: 'a\u0001', startMs: 10, rows: 2, store: { at: [0, 1], rows } }], conditions: undefined });
    op.row(row([9, 'a'], 50));
    expect(sink.slot(0)).toEqual([[1, 3, 9]]);
    expect(sink.ranges()).toEqual([[10, 50, 50]]);
  });
});
