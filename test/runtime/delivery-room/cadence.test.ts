// When a checkpoint is due, asked without a clock.
import { describe, expect, it } from 'vitest';
import { afterCheckpoint, type Flow, isDue, type Moment, nearWindow, noFlow } from '../../../src/runtime/delivery/cadence.ts';

const moment = (m: Partial<Moment>): Moment => ({ nowMs: 0, heldCount: 0, span: 0, lastCheckpointMs: 0, intervalMs: 15_000, ...m });
/** Looks at each moment in turn. @returns the answers and what is known at the end */
const watch = (moments: Partial<Moment>[], from: Flow = noFlow) => {
  let flow = from;
  const due = moments.map((m) => {
    const answer = isDue(flow, moment(m));
    flow = answer.flow;
    return answer.due;
  });
  return { due, flow };
};
/** A peer that gives `count` messages within 100 ms and then waits. */
const burst = (startMs: number, count: number): Partial<Moment>[] =>
  [0, 100, 200, 300, 400, 500, 600, 700].map((ms) => ({ nowMs: startMs + ms, heldCount: count, span: count, lastCheckpointMs: startMs }));

describe('a checkpoint is due', () => {
  it('at its interval and not a millisecond before', () => {
    expect(watch([{ nowMs: 14_999 }, { nowMs: 15_000 }]).due).toEqual([false, true]);
    expect(watch([{ nowMs: 14_999, heldCount: 1, span: 1 }]).due).toEqual([false]);
  });

  it('when 10,000 messages are held, though they are few for the time', () => {
    expect(watch([{ nowMs: 100, heldCount: 9999, span: 9999 }]).due).toEqual([false]);
    expect(watch([{ nowMs: 100, heldCount: 10_000, span: 10_000 }]).due).toEqual([true]);
  });

  it('when a source falls silent that gave 16 messages or more, not when it gave 15', () => {
    expect(watch(burst(0, 15)).due).not.toContain(true);
    expect(watch(burst(0, 16)).due.indexOf(true)).toBeGreaterThan(0);
  });

  it('when five messages should have come at the rate before, and not earlier', () => {
    const slow = [100, 200, 300, 400].map((nowMs, i) => ({ nowMs, heldCount: 4 * (i + 1), span: 4 * (i + 1) }));
    const later = (nowMs: number) => ({ nowMs, heldCount: 16, span: 16 });
    // 16 messages in 400 ms: five more take 125 ms
    expect(watch([...slow, later(500), later(524), later(525)]).due.slice(-3)).toEqual([false, false, true]);
  });

  it('at half of a window that two silences at the same count have told', () => {
    let flow = noFlow;
    for (const startMs of [1000, 1700, 2400]) {
      const silent = watch(burst(startMs, 20), flow);
      expect(silent.due).toContain(true);
      flow = afterCheckpoint(silent.flow);
    }
    expect(flow.window).toBe(20);
    expect(watch([{ nowMs: 9000, heldCount: 9, span: 9, lastCheckpointMs: 9000 }], flow).due).toEqual([false]);
    expect(watch([{ nowMs: 9000, heldCount: 10, span: 10, lastCheckpointMs: 9000 }], flow).due).toEqual([true]);
    expect([nearWindow(flow, 9), nearWindow(flow, 10), nearWindow(noFlow, 10_000)]).toEqual([false, true, false]);
  });

  it('learns no window from silences at different counts, nor from a device that goes on late', () => {
    let flow = noFlow;
    for (const [startMs, count] of [
      [1000, 22],
      [1700, 21],
      [2400, 20],
    ] as const)
      flow = afterCheckpoint(watch(burst(startMs, count), flow).flow);
    expect(flow.window).toBeUndefined();
    flow = noFlow;
    for (const startMs of [1000, 3000, 5000]) flow = afterCheckpoint(watch(burst(startMs, 20), flow).flow);
    expect(flow.window).toBeUndefined();
  });

  it('forgets a window when the peer gives more than that', () => {
    const known: Flow = { ...noFlow, window: 20 };
    expect(watch([{ nowMs: 100, heldCount: 20, span: 20 }], known).flow.window).toBe(20);
    expect(watch([{ nowMs: 100, heldCount: 21, span: 21 }], known)).toMatchObject({ due: [false], flow: { window: undefined } });
    expect(
      watch(
        [
          { nowMs: 100, heldCount: 5, span: 5 },
          { nowMs: 200, heldCount: 21, span: 21 },
        ],
        known,
      ).flow.window,
    ).toBeUndefined();
  });

  it('changes nothing of what it was given', () => {
    const flow = Object.freeze({ ...noFlow });
    isDue(flow, moment({ nowMs: 100, heldCount: 30, span: 30 }));
    expect(flow).toEqual(noFlow);
  });
});
