// Windows written in SQL, run by the runtime: what was confirmed to the source is in the window again after the gateway was killed.
import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileRule } from '../../src/compile/index.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { planRule } from '../../src/plan/index.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { type Harness, harness } from './harness.ts';

const functions = createFunctionCatalogue();

async function startRule(h: Harness, sql: string) {
  const plan = planRule(parseSelect(sql), { source: (name) => ({ name, kind: 'stream' }), functions }, { sql });
  const rule = h.runtime.createRule(h.define('r', compileRule(plan)));
  await rule.start();
  const confirmed: number[] = [];
  const publish = (v: number) => h.sources[0]!.emit(Buffer.from(`{"v":${v},"dev":"d${v % 2}"}`), undefined, () => confirmed.push(v));
  return { rule, publish, confirmed };
}

/** One life until rows are confirmed, then a second one on the same data without an orderly end of the first. */
async function overKill(sql: string, before: number[], after: number[], ms: number, downMs = 0): Promise<unknown[]> {
  const settings = { checkpointIntervalMs: 1000 };
  const first = harness({ settings });
  const a = await startRule(first, sql);
  for (const v of before) a.publish(v);
  await first.settle(() => a.confirmed.length === before.length, 1500);
  expect(first.sink.got).toEqual([]);
  // killed: the store is closed without a last checkpoint
  await first.store.close();
  const second = harness({ settings, dataDir: first.dataDir });
  try {
    await second.clock.advance(downMs);
    const b = await startRule(second, sql);
    for (const v of after) b.publish(v);
    await second.settle(() => second.sink.got.length > 0, ms);
    return second.sink.rows();
  } finally {
    await second.close();
    rmSync(first.dataDir, { recursive: true, force: true });
  }
}

describe('window over a kill', () => {
  it('tumbling, folded', async () => {
    const sql = 'SELECT dev, count(*) AS c, sum(v) AS s FROM s GROUP BY dev, TUMBLINGWINDOW(ss, 10)';
    expect(await overKill(sql, [1, 2, 3], [4], 10_000)).toEqual([
      { dev: 'd1', c: 2, s: 4 },
      { dev: 'd0', c: 2, s: 6 },
    ]);
  });

  it('tumbling, rows kept', async () => {
    expect(await overKill('SELECT v FROM s GROUP BY TUMBLINGWINDOW(ss, 10)', [1, 2, 3], [4], 10_000)).toEqual(
      [1, 2, 3, 4].map((v) => ({ v })),
    );
  });

  it('a window whose end came while the gateway was down is sent at once', async () => {
    const sql = 'SELECT sum(v) AS s, window_end() AS we FROM s GROUP BY TUMBLINGWINDOW(ss, 10)';
    expect(await overKill(sql, [1, 2, 3], [], 100, 60_000)).toEqual([{ s: 6, we: Date.UTC(2026, 0, 1, 0, 0, 10) }]);
  });

  it('count', async () => {
    expect(await overKill('SELECT collect(v) AS l FROM s GROUP BY COUNTWINDOW(5)', [1, 2, 3], [4, 5], 100)).toEqual([
      { l: [1, 2, 3, 4, 5] },
    ]);
  });

  it('state', async () => {
    const sql = 'SELECT v FROM s GROUP BY STATEWINDOW(v = 1, v = 5)';
    expect(await overKill(sql, [9, 1, 3], [4, 5, 6], 100)).toEqual([1, 3, 4, 5].map((v) => ({ v })));
  });
});
