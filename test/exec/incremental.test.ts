// Folding rows as they come gives what keeping them gives, to the last digit, for every kind of window; and a run that is saved and
// restored at any row gives what an uninterrupted one gives.
import { serialize } from 'node:v8';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import type { AggregateDefinition } from '../../src/contract/function.ts';
import type { Value } from '../../src/data/value.ts';
import { createAggregate } from '../../src/exec/aggregate.ts';
import { createIncrementalWindow } from '../../src/exec/incremental.ts';
import type { AggregateSpec } from '../../src/exec/operator.ts';
import { createWindow } from '../../src/exec/window.ts';
import * as aggregates from '../../src/functions/aggregate/index.ts';
import type { WindowSpec } from '../../src/windows/spec.ts';
import { call, col, createSink, createTestHost, newStats, row, stored, windowSpec } from '../helpers/operators.ts';

const START = Date.UTC(2026, 0, 1, 10, 0, 0);
const NAMES = ['count', 'sum', 'avg', 'max', 'min', 'collect', 'stddev', 'var', 'median'] as const;
const calls = NAMES.map((name, i) => {
  const def = Object.values(aggregates).find((d) => (d as { name?: string }).name === name) as AggregateDefinition;
  return call(def, [col(0)], 2 + i);
});

const aggregateSpec = (grouped: boolean): AggregateSpec => ({ dims: grouped ? [col(1)] : [], calls, width: 2 + calls.length });

interface Step {
  gapMs: number;
  v: Value;
  dev: string;
}

const step: fc.Arbitrary<Step> = fc.record({
  gapMs: fc.oneof(fc.nat(300), fc.constantFrom(0, 1, 999, 1000, 1001, 2500, 5000)),
  v: fc.oneof(fc.double({ noNaN: true, min: -1e6, max: 1e6 }), fc.constant(null), fc.constantFrom(0.1, 0.2, 0.3, 1e100, -1e100)),
  dev: fc.constantFrom('a', 'b', 'c,', 'd'),
});

const window: fc.Arbitrary<Partial<WindowSpec> & Pick<WindowSpec, 'kind'>> = fc.oneof(
  fc.record({ kind: fc.constant('tumbling' as const), lengthMs: fc.constantFrom(1000, 3000, 7000), unit: fc.constant('ss' as const) }),
  fc.record({
    kind: fc.constant('hopping' as const),
    lengthMs: fc.constantFrom(1000, 2000, 3000, 5000),
    intervalMs: fc.constantFrom(1000, 2000, 3000),
    unit: fc.constant('ss' as const),
  }),
  fc.record({ kind: fc.constant('sliding' as const), lengthMs: fc.constantFrom(0, 500, 1000), unit: fc.constant('ms' as const) }),
  fc.record({
    kind: fc.constant('session' as const),
    lengthMs: fc.constantFrom(2000, 10_000),
    intervalMs: fc.constantFrom(600, 1000, 3000),
    unit: fc.constant('ss' as const),
  }),
  fc
    .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }))
    .map(([a, b]) => ({ kind: 'count' as const, count: Math.max(a, b), countInterval: Math.min(a, b) })),
  fc.constant({
    kind: 'state' as const,
    begin: (t: { cols: Value[] }) => typeof t.cols[0] === 'number' && t.cols[0] > 0,
    emit: (t: { cols: Value[] }) => t.cols[0] === null,
    partitionBy: [col(1)],
  }),
);

/** Runs rows through a window and gives all result rows with their ranges. */
async function run(spec: WindowSpec, grouped: boolean, steps: readonly Step[], form: 'folded' | 'kept', cut?: number) {
  const clock = createVirtualClock(START + 100);
  const out: unknown[] = [];
  let host = createTestHost(clock);
  const open = () => {
    host = createTestHost(clock);
    const sink = createSink();
    sink.rows = (c) => {
      out.push([c.win, c.rows.map((t) => [t.cols.slice(1), t.tsMs, t.win])]);
    };
    const aggregate = aggregateSpec(grouped);
    return form === 'folded'
      ? createIncrementalWindow(spec, aggregate, host, newStats(), sink)
      : createWindow(spec, host, newStats(), createAggregate(aggregate, host, newStats(), sink));
  };
  let op = open();
  op.start?.();
  let tsMs = START + 100;
  for (const [i, s] of steps.entries()) {
    if (i === cut) {
      const state = stored(op.save!());
      op.close!();
      op = open();
      op.load!(state);
      op.start?.();
    }
    tsMs += s.gapMs;
    if (!spec.eventTime) await clock.advance(s.gapMs);
    op.row(row([s.v, s.dev], tsMs));
    op.watermark?.(tsMs);
  }
  if (!spec.eventTime) await clock.advance(20_000);
  op.watermark?.(tsMs + 20_000);
  op.close!();
  return { out, exceptions: host.exceptions };
}

describe('incremental window', () => {
  test('event time: folded = kept', async () => {
    await fc.assert(
      fc.asyncProperty(window, fc.boolean(), fc.array(step, { maxLength: 40 }), async (w, grouped, steps) => {
        const spec = windowSpec({ ...w, eventTime: w.kind !== 'count' });
        expect(await run(spec, grouped, steps, 'folded')).toEqual(await run(spec, grouped, steps, 'kept'));
      }),
      { numRuns: 300 },
    );
  });

  test('processing time: folded = kept', async () => {
    await fc.assert(
      fc.asyncProperty(window, fc.boolean(), fc.array(step, { maxLength: 12 }), async (w, grouped, steps) => {
        const spec = windowSpec(w);
        expect(await run(spec, grouped, steps, 'folded')).toEqual(await run(spec, grouped, steps, 'kept'));
      }),
      { numRuns: 60 },
    );
  });

  for (const form of ['folded', 'kept'] as const)
    test(`${form}: saved and restored at any row = uninterrupted, event time`, async () => {
      await fc.assert(
        fc.asyncProperty(window, fc.boolean(), fc.array(step, { maxLength: 40 }), fc.nat(40), async (w, grouped, steps, cut) => {
          const spec = windowSpec({ ...w, eventTime: w.kind !== 'count' });
          // the time of a count window is that of the clock, which goes on either way
          expect((await run(spec, grouped, steps, form, cut)).out).toEqual((await run(spec, grouped, steps, form)).out);
        }),
        { numRuns: 200 },
      );
    });

  for (const form of ['folded', 'kept'] as const)
    test(`${form}: saved and restored at any row = uninterrupted, processing time`, async () => {
      await fc.assert(
        fc.asyncProperty(window, fc.boolean(), fc.array(step, { maxLength: 12 }), fc.nat(12), async (w, grouped, steps, cut) => {
          const spec = windowSpec(w);
          expect((await run(spec, grouped, steps, form, cut)).out).toEqual((await run(spec, grouped, steps, form)).out);
        }),
        { numRuns: 40 },
      );
    });

  test('a saved state does not change when the window goes on', () => {
    fc.assert(
      fc.property(window, fc.array(step, { minLength: 2, maxLength: 20 }), fc.boolean(), (w, steps, fold) => {
        const spec = windowSpec({ ...w, eventTime: w.kind !== 'count' });
        const host = createTestHost();
        const op = fold
          ? createIncrementalWindow(spec, aggregateSpec(true), host, newStats(), createSink())
          : createWindow(spec, host, newStats(), createSink());
        let tsMs = START;
        const push = (s: Step) => op.row(row([s.v, s.dev], (tsMs += s.gapMs)));
        const half = Math.floor(steps.length / 2);
        steps.slice(0, half).forEach(push);
        const state = op.save!();
        const taken = stored(state);
        steps.slice(half).forEach(push);
        expect(state).toEqual(taken);
      }),
      { numRuns: 200 },
    );
  });

  test('a clock that is set, also while the gateway is down, loses no row of a folded hopping window', async () => {
    const spec = windowSpec({ kind: 'hopping', lengthMs: 21_000, intervalMs: 7000, unit: 'ss' });
    const aggregate = { dims: [], calls: [call(aggregates.collect as AggregateDefinition, [col(0)], 2)], width: 3 };
    for (const otherMs of [START + 700_000_300, 1_000_002_700]) {
      const sink = createSink();
      const first = createVirtualClock(START + 100);
      const a = createIncrementalWindow(spec, aggregate, createTestHost(first), newStats(), sink);
      a.start!();
      a.row(row([1]));
      await first.advance(10_500);
      a.row(row([2]));
      first.jump(-3_601_123);
      await first.advance(4900);
      a.row(row([3]));
      const state = stored(a.save!());
      a.close!();
      const second = createVirtualClock(otherMs);
      const b = createIncrementalWindow(spec, aggregate, createTestHost(second), newStats(), sink);
      b.load!(state);
      b.start!();
      await second.advance(8400);
      b.row(row([4]));
      await second.advance(42_000);
      b.close!();
      const seen = sink.slot(2).flat() as (number[] | null)[];
      for (const v of [1, 2, 3, 4]) expect(seen.filter((l) => l?.includes(v)).length).toBeGreaterThanOrEqual(2);
      for (const l of seen) expect(l ?? []).toEqual([...(l ?? [])].sort());
    }
  });

  test('an argument that fails fails its window only, also over a restore', () => {
    const spec = windowSpec({ kind: 'tumbling', lengthMs: 2000, unit: 'ss', eventTime: true });
    const arg = (t: { cols: Value[] }): Value => {
      if (t.cols[0] === 'text') throw new Error('not a number');
      return t.cols[0];
    };
    const aggregate = { dims: [], calls: [call(aggregates.collect as AggregateDefinition, [arg], 2)], width: 3 };
    for (const fold of [true, false]) {
      const host = createTestHost();
      const sink = createSink();
      const open = () =>
        fold
          ? createIncrementalWindow(spec, aggregate, host, newStats(), sink)
          : createWindow(spec, host, newStats(), createAggregate(aggregate, host, newStats(), sink));
      let op = open();
      for (const [i, v] of [1, 'text', 2, 3].entries()) {
        op.row(row([v], START + i * 1000));
        const state = stored(op.save!());
        op = open();
        op.load!(state);
      }
      op.watermark!(START + 4000);
      expect(sink.slot(2)).toEqual([[[2, 3]]]);
      expect(host.exceptions).toEqual(['run Select error: expr: collect meet error, err:not a number']);
    }
  });

  test('memory does not grow with the number of rows: the state of a window is as large after 100 rows as after 100,000', () => {
    const size = (rows: number): number => {
      const spec = windowSpec({ kind: 'hopping', lengthMs: 3_600_000, intervalMs: 900_000, unit: 'mi', eventTime: true });
      const bounded = calls.filter((c) => !['collect', 'median'].includes(c.def.name));
      const aggregate = { dims: [col(1)], calls: bounded, width: 12 };
      const op = createIncrementalWindow(spec, aggregate, createTestHost(), newStats(), createSink());
      for (let i = 0; i < rows; i++) op.row(row([1.5, `d${i % 10}`], START + 1000));
      return serialize(op.save!()).length;
    };
    expect(size(100_000) / size(100)).toBeLessThan(1.2);
  });
});
