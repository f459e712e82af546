// OVER (PARTITION BY …) and OVER (WHEN …) of all window kinds, in both times, folded and with rows kept, with restarts: the results of a key must
// be those of a rule that keeps all other keys out with FILTER, which knows nothing of keys.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import type { Row } from '../../src/data/value.ts';
import { startRule, stream, type TestOptions, type TestRule } from '../helpers/program.ts';
import { randomFrom } from '../helpers/random.ts';

const START = Date.UTC(2026, 9, 25, 0, 30);

interface Step {
  waitMs: number;
  row: Row & { k: string; v: number; hit: boolean };
  restart: boolean;
}

/** Rows of a few keys: bursts, gaps, equal stamps; some steps are followed by a restart. */
function stepsOf(seed: number, count: number, restarts: boolean): Step[] {
  const random = randomFrom(seed);
  return Array.from({ length: count }, (_, i) => ({
    waitMs: random() < 0.3 ? 0 : random() < 0.1 ? Math.floor(random() * 9000) : Math.floor(random() * 900),
    row: { k: 'abcd'[Math.floor(random() * 4)]!, v: i, hit: random() < 0.15 },
    restart: restarts && random() < 0.08,
  }));
}

const fields = 'collect(v) AS vs, count(*) AS n, window_start() AS s, window_end() AS e';

/** @returns the windows with rows, as `start-end: values`, in the order in which they came */
async function run(sql: string, steps: readonly Step[], eventTime: boolean, more: TestOptions): Promise<string[]> {
  const clock = createVirtualClock(START);
  const options: TestOptions = {
    sources: [stream('demo', undefined, { timestamp: 'ts' })],
    sqlCompatibility: 'standard',
    isEventTime: eventTime,
    lateToleranceMs: 0,
    clock,
    ...more,
  };
  const out: string[] = [];
  let rule: TestRule = startRule(sql, options);
  const take = (): void => {
    for (const rows of rule.results.splice(0)) {
      expect(rows).toHaveLength(1);
      const [r] = rows as Row[];
      if (r!['$error'] !== undefined) throw new Error(String(r!['$error']));
      if ((r!['vs'] as unknown[])?.length) out.push(`${Number(r!['s']) - START}-${Number(r!['e']) - START}: ${String(r!['vs'])}`);
    }
  };
  let tsMs = START;
  for (const { waitMs, row, restart } of steps) {
    await clock.advance(waitMs);
    tsMs += waitMs;
    rule.push('demo', row, { tsMs: eventTime ? tsMs : clock.now() });
    take();
    if (!restart) continue;
    const state = structuredClone(rule.running.save());
    rule.running.close();
    take();
    rule = startRule(sql, { ...options, state });
  }
  if (eventTime) for (const k of ['a', 'b', 'c', 'd', 'end']) rule.push('demo', { k, v: -1, hit: false }, { tsMs: tsMs + 3_600_000 });
  else await clock.advance(120_000);
  take();
  rule.running.close();
  return out;
}

const kinds: readonly [string, string][] = [
  ['tumbling', 'TUMBLINGWINDOW(ss, 2)'],
  ['hopping', 'HOPPINGWINDOW(ss, 3, 1)'],
  ['hopping with gaps', 'HOPPINGWINDOW(ss, 1, 3)'],
  ['sliding', 'SLIDINGWINDOW(ss, 2)'],
  ['sliding with a delay', 'SLIDINGWINDOW(ss, 2, 1)'],
  ['session', 'SESSIONWINDOW(ss, 5, 1)'],
  ['count', 'COUNTWINDOW(3)'],
  ['overlapping count', 'COUNTWINDOW(4, 2)'],
];
const conditions: readonly [string, string][] = [
  ['', ''],
  ['when', 'WHEN hit = true '],
];

describe.each(kinds)('%s windows', (_name, window) => {
  describe.each(conditions)('per key %s', (_when, when) => {
    const cases = [true, false].flatMap((eventTime) => [
      { eventTime, restarts: true, folded: true },
      { eventTime, restarts: true, folded: false },
      { eventTime, restarts: false, folded: true },
    ]);
    // @covers issue:20#3
    // @covers finding:sql#B4
    test.each(cases)(
      'are those of each key alone, event time $eventTime, restarts $restarts, folded $folded',
      async ({ eventTime, restarts, folded }) => {
        const more: TestOptions = folded ? {} : { incrementalWindow: 'off' };
        const steps = stepsOf(window.length * 7 + (restarts ? 1 : 0), 70, restarts);
        const got = await run(`SELECT ${fields} FROM demo GROUP BY ${window} OVER (${when}PARTITION BY k)`, steps, eventTime, more);
        const expected: string[] = [];
        for (const k of ['a', 'b', 'c', 'd']) {
          const over = when === '' ? '' : `OVER (${when})`;
          const alone = await run(
            `SELECT ${fields} FROM demo GROUP BY ${window} FILTER (WHERE k = "${k}") ${over}`,
            steps,
            eventTime,
            more,
          );
          expected.push(...alone);
        }
        const byRows = (list: string[]): string[] => list.filter((w) => !w.endsWith(': -1')).sort();
        expect(byRows(got)).toEqual(byRows(expected));
        expect(got.length).toBeGreaterThan(2);
      },
    );
  });
});
