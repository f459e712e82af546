// A rule is replaced while its sink has rows that the disk does not know the fate of: taken while the disk was full, or answered after the old run's end.
// The next run of the same process does not send them again, and sends every other.
// @covers issue:14#5
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createBootTime } from '../../../src/runtime/boot-time.ts';
import { Drain } from '../../../src/runtime/sink/drain.ts';
import { createDurableQueue } from '../../../src/runtime/sink/durable-queue.ts';
import { createQueueSpace, type QueueSpace } from '../../../src/runtime/sink/queue-space.ts';
import { newItem, type SinkItem } from '../../../src/runtime/sink/sink-item.ts';
import { openStore, type Store } from '../../../src/store/index.ts';

let dataDir: string;
let clock: VirtualClock;
let store: Store;
let space: QueueSpace;
let diskFull: boolean;

/** What a process begins with. */
const newProcess = () => createQueueSpace({ maxBytes: 0, minFreeBytes: 0, freeBytes: () => 1e9, clock });
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kuiper-next-run-'));
  clock = createVirtualClock(Date.UTC(2026, 10, 23));
  store = openStore({ dataDir, clock, log: createMemoryLog().log });
  space = newProcess();
  diskFull = false;
});
afterEach(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const rowOf = (id: number): SinkItem => newItem(`row ${id}`, undefined, 1, [], clock.now());

/** A run of the rule: its queue and the drain that empties it. @param take what the sink does with a row */
async function run(take: (row: string) => void | Promise<void>, size = 16) {
  const failing = new Set(['remove', 'replace']);
  const queues = new Proxy(store.sinkQueues, {
    get: (target, name: 'remove') =>
      diskFull && failing.has(name) ? () => Promise.reject(new Error('disk is full')) : target[name].bind(target),
  });
  const queue = createDurableQueue(queues, 'r/mqtt_0', { maxRows: 1e6, maxBytes: 1e9, maxAgeMs: 0, space }, clock, createBootTime(clock));
  await queue.open();
  const sent: string[] = [];
  let faults = 0;
  const drain = new Drain({
    maxInFlight: size,
    parkAfter: 3,
    maxRetries: 0,
    disk: queue,
    deliveries: () => sent.length,
    collect(item) {
      sent.push(String(item.data));
      return take(String(item.data));
    },
    delivered: () => undefined,
    failed: () => void faults++,
    notTaken: async () => false,
    refill: async () => false,
    chunk: size,
    slot: () => undefined,
    pace: async () => undefined,
  });
  return { queue, drain, sent, faults: () => faults };
}

it('does not send what the run before delivered while the disk was full', async () => {
  const first = await run(() => undefined);
  await first.queue.append([rowOf(1), rowOf(2)]);
  await first.queue.append([rowOf(3)]);
  diskFull = true;
  await expect(first.drain.run()).rejects.toThrow('disk is full');
  await first.drain.finish();
  expect(first.sent).toEqual(['row 1', 'row 2']);
  diskFull = false;
  const second = await run(() => undefined);
  await second.drain.run();
  expect(second.sent).toEqual(['row 3']);
  expect((await store.sinkQueues.pages('r/mqtt_0')).length).toBe(0);
});

it('sends what the run before did not deliver, be it a part of a page', async () => {
  const first = await run((row) => {
    if (row === 'row 2') throw Object.assign(new Error('refused for now'), { retriable: true });
  });
  await first.queue.append([rowOf(1), rowOf(2), rowOf(3)]);
  diskFull = true;
  await expect(first.drain.run()).rejects.toThrow('disk is full');
  await first.drain.finish();
  const second = await run(() => undefined);
  diskFull = false;
  await second.drain.run();
  expect(second.sent).toEqual(['row 2']);
});

it('counts an answer that comes after the end of the run before', async () => {
  const answers = new Map<string, () => void>();
  const late = (row: string) => new Promise<void>((resolve) => void answers.set(row, resolve));
  const first = await run(late);
  await first.queue.append([rowOf(1), rowOf(2)]);
  const round = first.drain.run();
  await expect.poll(() => answers.size).toBe(2);
  first.drain.stop();
  await round;
  await first.drain.finish();
  const second = await run(() => undefined);
  answers.get('row 1')!();
  await Promise.resolve();
  await second.drain.run();
  expect(second.sent).toEqual(['row 2']);
});

it('counts an answer to a row that was in memory when the run before ended', async () => {
  const first = await run(() => undefined);
  const flying = { ...rowOf(1), state: 'flying' as SinkItem['state'], flights: 1, faults: 2, faultsSince: 7 };
  await first.queue.append([flying, rowOf(2)]);
  const second = await run(() => undefined);
  flying.state = 'done';
  // failures belong to the run that had them
  expect((await second.queue.head())?.from?.map((f) => f?.faults)).toEqual([0, 0]);
  await second.drain.run();
  expect(second.sent).toEqual(['row 2']);
});

it('sends all of a page that is not the one it knows, and all after a new start', async () => {
  const delivered = async () => {
    const first = await run(() => undefined);
    await first.queue.append([rowOf(1), rowOf(2)]);
    diskFull = true;
    await expect(first.drain.run()).rejects.toThrow('disk is full');
    await first.drain.finish();
    diskFull = false;
  };
  await delivered();
  // the same number, other bytes: a backup was restored, or the rule was removed and made again
  await store.sinkQueues.clear('r/mqtt_0');
  clock.advance(5);
  const other = await run(() => undefined);
  await other.queue.append([rowOf(8), rowOf(9)]);
  await other.drain.run();
  expect(other.sent).toEqual(['row 8', 'row 9']);
  await delivered();
  space = newProcess();
  const third = await run(() => undefined);
  await third.drain.run();
  expect(third.sent).toEqual(['row 1', 'row 2']);
  expect(space.known.size).toBe(0);
});
