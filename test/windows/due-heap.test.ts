// The heap of moments and the many timers on one, against plain lists.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { DueHeap } from '../../src/windows/due-heap.ts';
import { createTimerQueue } from '../../src/windows/timer-queue.ts';

describe('heap of moments', () => {
  test('any sequence of set, change, remove and take gives what a sorted list gives', () => {
    const step = fc.oneof(
      fc.record({ what: fc.constant('set' as const), thing: fc.nat(30), atMs: fc.nat(100) }),
      fc.record({ what: fc.constant('remove' as const), thing: fc.nat(30), atMs: fc.constant(0) }),
      fc.record({ what: fc.constant('never' as const), thing: fc.nat(30), atMs: fc.constant(0) }),
      fc.record({ what: fc.constant('take' as const), thing: fc.constant(0), atMs: fc.nat(100) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const heap = new DueHeap<number>();
        let list: { thing: number; atMs: number; seq: number }[] = [];
        let seq = 0;
        const first = () => list.toSorted((a, b) => a.atMs - b.atMs || a.seq - b.seq)[0];
        for (const { what, thing, atMs } of steps) {
          if (what === 'set') {
            heap.set(thing, atMs);
            if (list.find((e) => e.thing === thing)?.atMs === atMs) continue;
            list = [...list.filter((e) => e.thing !== thing), { thing, atMs, seq: seq++ }];
          } else if (what === 'take') {
            const due = first();
            const expected = due && due.atMs <= atMs ? due.thing : undefined;
            expect(heap.dueAt(atMs)).toBe(expected);
            if (expected === undefined) continue;
            heap.remove(expected);
            list = list.filter((e) => e.thing !== expected);
          } else {
            if (what === 'remove') heap.remove(thing);
            else heap.set(thing, Number.POSITIVE_INFINITY);
            list = list.filter((e) => e.thing !== thing);
          }
          expect(heap.size).toBe(list.length);
          expect(heap.next()).toBe(first()?.atMs ?? Number.POSITIVE_INFINITY);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('moments that change a million times leave nothing behind', () => {
    const heap = new DueHeap<string>();
    for (let i = 0; i < 100_000; i++) heap.set('a', 1_000_000 - i);
    expect(heap.next()).toBe(900_001);
    expect((heap as unknown as { heap: unknown[] }).heap.length).toBeLessThan(100);
  });
});

describe('many timers on one', () => {
  test('fire at their moments, in the order in which they were set, on one timer of the clock', async () => {
    const clock = createVirtualClock();
    const queue = createTimerQueue(clock);
    const fired: string[] = [];
    for (const [name, ms] of [
      ['b', 20],
      ['a', 10],
      ['c', 20],
      ['d', 30],
    ] as const)
      queue.setTimer(ms, () => void fired.push(`${name}@${clock.monotonic()}`));
    expect(clock.pending).toBe(1);
    expect(queue.size).toBe(4);
    await clock.advance(20);
    expect(fired).toEqual(['a@10', 'b@20', 'c@20']);
    await clock.advance(100);
    expect(fired.at(-1)).toBe('d@30');
    expect(clock.pending).toBe(0);
  });

  test('a timer that is cleared does not fire, one that is set while others fire does, and close clears all', async () => {
    const clock = createVirtualClock();
    const queue = createTimerQueue(clock);
    const fired: number[] = [];
    const cleared = queue.setTimer(10, () => void fired.push(1));
    queue.setTimer(10, () => {
      fired.push(2);
      queue.setTimer(0, () => void fired.push(3));
      queue.setTimer(5, () => void fired.push(4));
    });
    queue.clear(cleared);
    queue.clear(undefined);
    await clock.advance(10);
    expect(fired).toEqual([2, 3]);
    queue.close();
    await clock.advance(100);
    expect(fired).toEqual([2, 3]);
    expect(clock.pending).toBe(0);
  });

  test('one that fails does not keep the others from firing', async () => {
    const clock = createVirtualClock();
    const queue = createTimerQueue(clock);
    let fired = 0;
    let failed = 0;
    const own = {
      ...clock,
      setTimer: (ms: number, fire: () => void) =>
        clock.setTimer(ms, () => {
          try {
            fire();
          } catch {
            // a timer of the platform would report it
            failed++;
          }
        }),
    };
    const guarded = createTimerQueue(own as unknown as typeof clock);
    guarded.setTimer(10, () => {
      throw new Error('x');
    });
    guarded.setTimer(10, () => void fired++);
    await clock.advance(20);
    expect([failed, fired]).toEqual([1, 1]);
    queue.close();
  });
});
