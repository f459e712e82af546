// One moment of all rules: states are taken in one turn, and what queues hold of later results is not part of it.
import { expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { type Checkpointed, createCheckpointer } from '../../../src/runtime/checkpoint/checkpointer.ts';
import { packState, unpackState } from '../../../src/runtime/plain-state.ts';
import { pageUntil } from '../../../src/runtime/sink/durable-queue.ts';

// @covers issue:21#2
it('a page has what came until then: the rest is left out, and a page of later rows is none', () => {
  const page = packState([1, 2, 3].map((n) => [[{ n }], undefined, n, n * 100]));
  expect(pageUntil(page, 300)).toEqual({ payload: page, rows: 6 });
  const cut = pageUntil(page, 200)!;
  expect(cut.rows).toBe(3);
  expect((unpackState(cut.payload) as unknown[][]).map(([data]) => data)).toEqual([[{ n: 1 }], [{ n: 2 }]]);
  expect(pageUntil(page, 99)).toBeUndefined();
});

it('all states are taken in one turn, after those that are under way', async () => {
  const clock = createVirtualClock();
  const checkpointer = createCheckpointer(clock);
  const events: string[] = [];
  let finish: () => void = () => undefined;
  const underWay = new Promise<void>((resolve) => {
    finish = resolve;
  });
  let busy = true;
  const run = (name: string, more: Partial<Checkpointed> = {}): Checkpointed => ({
    waits: true,
    heldCount: 0,
    checkpointing: false,
    nodes: [],
    dueAt: () => false,
    settled: async () => undefined,
    checkpoint: async () => void events.push(name),
    ...more,
  });
  checkpointer.add(run('a'));
  checkpointer.add(run('unchanged', { waits: false }));
  const b = run('b', { settled: () => underWay });
  Object.defineProperty(b, 'checkpointing', { get: () => busy });
  checkpointer.add(b);
  const all = checkpointer.all(() => events.push('taken'));
  await Promise.resolve();
  expect(events).toEqual([]);
  busy = false;
  finish();
  await all;
  expect(events).toEqual(['taken', 'a', 'b']);
});
