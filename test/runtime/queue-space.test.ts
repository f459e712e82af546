// The space that all durable queues share: a bound in bytes over all of them, and what must stay free on the disk.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createBootTime } from '../../src/runtime/boot-time.ts';
import { createDurableQueue, type QueueLimits } from '../../src/runtime/sink/durable-queue.ts';
import { createQueueNames } from '../../src/runtime/sink/queue-names.ts';
import { createQueueSpace, type QueueSpace } from '../../src/runtime/sink/queue-space.ts';
import type { SinkItem } from '../../src/runtime/sink/sink-item.ts';
import { openStore, type Store } from '../../src/store/index.ts';

let dataDir: string;
let store: Store;
let free: number;
let asked: number;
const clock = createVirtualClock();
const { log } = createMemoryLog();

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kuiper-space-'));
  store = openStore({ dataDir, clock, log, reserveBytes: 0 });
  free = 1e9;
  asked = 0;
});
afterEach(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const spaceOf = (maxBytes: number, minFreeBytes = 0): QueueSpace =>
  createQueueSpace({
    maxBytes,
    minFreeBytes,
    clock,
    freeBytes() {
      asked++;
      return free;
    },
  });
const queueOf = (name: string, space: QueueSpace, more: Partial<QueueLimits> = {}) =>
  createDurableQueue(store.sinkQueues, name, { maxRows: 1e6, maxBytes: 1e9, maxAgeMs: 0, space, ...more }, clock, createBootTime(clock));
const item = (data: string): SinkItem => ({
  data,
  dynamic: undefined,
  rows: 1,
  acks: [],
  atMs: clock.now(),
  state: 'waiting',
  stored: true,
  tries: 0,
  faults: 0,
  faultsSince: 0,
  flights: 0,
});
const KB = 'x'.repeat(1000);

describe('the bound of all queues', () => {
  // @covers issue:13#6
  // @covers finding:security#D6
  it('lets a queue drop its own oldest pages, and never those of another one', async () => {
    const space = spaceOf(10_500);
    const a = queueOf('a', space);
    const b = queueOf('b', space);
    for (let i = 0; i < 4; i++) await a.append([item(`a${i}${KB}`)]);
    for (let i = 0; i < 20; i++) await b.append([item(`b${i}${KB}`)]);
    expect(a.rows).toBe(4);
    expect(a.dropped).toBe(0);
    expect(b.dropped).toBe(20 - b.rows);
    expect(b.rows).toBe(6);
    expect((await b.head())!.items[0]!.data).toBe(`b14${KB}`);
    expect(space.used).toBe(a.bytes + b.bytes);
    expect(space.used).toBeLessThanOrEqual(10_500);
  });

  // @covers issue:13#6
  it('refuses a page when the queue has nothing that could go, and says which setting it is', async () => {
    const space = spaceOf(3_000);
    const a = queueOf('a', space);
    await a.append([item(KB)]);
    await a.append([item(KB)]);
    const b = queueOf('b', space);
    await expect(b.append([item(KB)])).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringMatching(/all durable queues together hold 2\.\d kB, their bound is 3\.0 kB \(store\.maxQueueBytes\)/),
    });
    expect(b.rows).toBe(0);
    expect(b.full(1, 0)).toBe(false);
    expect(b.full(1, 1000)).toBe(true);
    await a.clear();
    await b.append([item(KB)]);
    expect([a.rows, b.rows]).toEqual([0, 1]);
  });

  // @covers issue:13#6
  it('counts what rules that do not run have on disk', async () => {
    const first = spaceOf(0);
    await queueOf('old', first).append([item(KB)]);
    const space = spaceOf(2_000);
    expect(await createQueueNames(store.sinkQueues, log, space).has('old')).toBe(true);
    expect(space.used).toBe(first.used);
    await expect(queueOf('new', space).append([item(KB)])).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  it('holds whatever queues do', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(2), fc.constantFrom('append', 'append', 'append', 'remove', 'clear'), fc.integer({ min: 1, max: 3000 })), {
          maxLength: 40,
        }),
        async (steps) => {
          const space = spaceOf(12_000);
          const queues = [0, 1, 2].map((i) => queueOf(`p${i}`, space));
          for (const q of queues) await q.clear();
          let stored = 0;
          let gone = 0;
          for (const [i, what, size] of steps) {
            const q = queues[i]!;
            if (what === 'clear') {
              gone += q.rows;
              await q.clear();
            } else if (what === 'remove') {
              const head = await q.head();
              if (head) {
                gone++;
                await q.removePage(head.seq);
              }
            } else
              await q.append([item('y'.repeat(size))]).then(
                () => stored++,
                (error: { code: string }) => expect(error.code).toBe('STORE_FAILED'),
              );
            expect(space.used).toBe(queues.reduce((n, x) => n + x.bytes, 0));
            expect(space.used).toBeLessThanOrEqual(12_000);
          }
          const left = queues.reduce((n, x) => n + x.rows, 0);
          const dropped = queues.reduce((n, x) => n + x.dropped, 0);
          expect(stored).toBe(left + dropped + gone);
          for (const q of queues) await q.clear();
        },
      ),
      { numRuns: 25, seed: 6 },
    );
  });
});

describe('free space', () => {
  // @covers issue:13#6
  // @covers finding:security#D6
  it('below its bound makes a queue a ring: new pages in the place of old ones, counted', async () => {
    const space = spaceOf(0, 50_000);
    const q = queueOf('q', space);
    for (let i = 0; i < 5; i++) await q.append([item(`${i}${KB}`)]);
    free = 50_100;
    await clock.advance(600);
    for (let i = 5; i < 8; i++) await q.append([item(`${i}${KB}`)]);
    expect(q.rows).toBe(5);
    expect(q.dropped).toBe(3);
    expect((await q.head())!.items[0]!.data).toBe(`3${KB}`);
  });

  // @covers issue:13#6
  it('that is short refuses the first page of a queue, in words; more space lets it through', async () => {
    const space = spaceOf(0, 50_000);
    const q = queueOf('q', space);
    free = 40_000;
    await expect(q.append([item(KB)])).rejects.toMatchObject({
      message: expect.stringContaining('only 40.0 kB are free on the disk, 50.0 kB must stay free (store.minFreeBytes)'),
    });
    expect(q.full(1, 0)).toBe(true);
    free = 60_000;
    await clock.advance(600);
    await q.append([item(KB)]);
    expect(q.rows).toBe(1);
  });

  it('is asked twice a second at most, and what was written since is taken off', async () => {
    const space = spaceOf(0, 50_000);
    const q = queueOf('q', space);
    free = 52_500;
    await clock.advance(600);
    for (let i = 0; i < 2; i++) await q.append([item(KB)]);
    expect(q.dropped).toBe(0);
    await q.append([item(KB)]);
    expect(q.dropped).toBe(1);
    expect(asked).toBe(1);
  });

  it('that the system does not tell stops nothing', async () => {
    const space = createQueueSpace({
      maxBytes: 0,
      minFreeBytes: 1000,
      clock,
      freeBytes() {
        throw new Error('no such file system');
      },
    });
    await queueOf('q', space).append([item(KB)]);
    expect(space.used).toBeGreaterThan(1000);
  });
});
