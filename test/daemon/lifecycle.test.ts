// Order of start and stop, deadlines, failures that must not spread.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createLifecycle, type Part } from '../../src/daemon/lifecycle.ts';

function setUp(change: (parts: Part[], events: string[]) => void = () => undefined) {
  const events: string[] = [];
  const parts: Part[] = ['a', 'b', 'c'].map((name) => ({
    name,
    start: () => void events.push(`start ${name}`),
    stop: () => void events.push(`stop ${name}`),
  }));
  change(parts, events);
  const clock = createVirtualClock();
  const { log, lines } = createMemoryLog();
  return { events, clock, lines, lifecycle: createLifecycle(parts, { clock, log }) };
}

describe('lifecycle', () => {
  test('starts downwards and stops upwards', async () => {
    const { events, lifecycle } = setUp();
    await lifecycle.start();
    await lifecycle.stop();
    expect(events).toEqual(['start a', 'start b', 'start c', 'stop c', 'stop b', 'stop a']);
  });

  test('a part that fails to start stops itself and those before it, and the failure is told', async () => {
    const { events, lifecycle } = setUp((parts, seen) => {
      parts[1] = {
        ...parts[1]!,
        start() {
          seen.push('start b');
          throw new Error('port taken');
        },
      };
    });
    await expect(lifecycle.start()).rejects.toThrow('port taken');
    expect(events).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  test('a part that fails to stop does not keep the others', async () => {
    const { events, lifecycle, lines } = setUp((parts) => {
      parts[1] = { ...parts[1]!, stop: () => Promise.reject(new Error('stuck')) };
    });
    await lifecycle.start();
    await lifecycle.stop();
    expect(events.slice(-2)).toEqual(['stop c', 'stop a']);
    expect(lines).toContainEqual(expect.objectContaining({ code: 'STOP_FAILED', part: 'b', reason: 'stuck' }));
  });

  test('a part that hangs is left behind at its deadline', async () => {
    const { events, lifecycle, clock, lines } = setUp((parts) => {
      parts[2] = { ...parts[2]!, stop: () => new Promise(() => undefined), stopTimeoutMs: 1_000 };
    });
    await lifecycle.start();
    const done = lifecycle.stop();
    await clock.advance(999);
    expect(events).not.toContain('stop b');
    await clock.advance(1);
    await done;
    expect(events.slice(-2)).toEqual(['stop b', 'stop a']);
    expect(lines).toContainEqual(expect.objectContaining({ code: 'STOP_LATE', part: 'c' }));
  });

  test('a stop in the middle of the start ends it at the next part', async () => {
    const gate = Promise.withResolvers<void>();
    const { events, lifecycle, clock } = setUp((parts) => {
      parts[1] = { ...parts[1]!, start: () => gate.promise };
    });
    const started = lifecycle.start();
    await clock.advance(0);
    const stopped = lifecycle.stop();
    gate.resolve();
    await started;
    await stopped;
    expect(events).toEqual(['start a', 'stop b', 'stop a']);
  });

  test('stopping twice is stopping once', async () => {
    const { events, lifecycle } = setUp();
    await lifecycle.start();
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    expect(events.filter((e) => e === 'stop a')).toHaveLength(1);
  });
});
