// Age of what waits on disk (maxCacheAge) when the clock is wrong, is set, or the machine boots again: nothing is given up by a wrong age.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createBootTime } from '../../src/runtime/boot-time.ts';
import { createDurableQueue, type DurableQueue } from '../../src/runtime/sink/durable-queue.ts';
import type { SinkItem } from '../../src/runtime/sink/sink-item.ts';
import { openStore, type Store } from '../../src/store/index.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TRUE_MS = Date.UTC(2026, 10, 23);

let dataDir: string;
let clock: VirtualClock;
let store: Store;
let queue: DurableQueue;

/** A process of the gateway: `upMs` after the boot `id`, by a clock that shows `wallMs`. */
async function run(id: string, upMs: number, wallMs: number): Promise<void> {
  await store?.close();
  clock = createVirtualClock(wallMs);
  store = openStore({ dataDir, clock, log: createMemoryLog().log });
  const boot = createBootTime(clock, { id, upMs });
  queue = createDurableQueue(store.sinkQueues, 'q', { maxRows: 1000, maxBytes: 1e9, maxAgeMs: HOUR_MS }, clock, boot);
  await queue.open();
}
const put = (data: string) => {
  const item: SinkItem = {
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
  };
  return queue.append([item]);
};
const first = async () => (await queue.head())?.items[0]?.data;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'kuiper-queue-'));
});
afterEach(async () => {
  await store.close();
  store = undefined as never;
  rmSync(dataDir, { recursive: true, force: true });
});

describe('maxCacheAge', () => {
  it('gives up what is really too old, also of earlier processes and boots', async () => {
    await run('a', 0, TRUE_MS);
    await put('1');
    await clock.advance(HOUR_MS + 1);
    await put('2');
    expect(queue.dropped).toBe(1);
    expect(await first()).toBe('2');
    await run('a', 3 * HOUR_MS, TRUE_MS + 3 * HOUR_MS);
    expect(await first()).toBeUndefined();
    await put('3');
    await run('b', 0, TRUE_MS + DAY_MS);
    expect(await first()).toBeUndefined();
    expect(queue.dropped).toBe(1);
  });

  it.each([
    ['without a clock, which NTP sets', 0],
    ['with the time of the last shutdown, which NTP sets', TRUE_MS - 3 * DAY_MS],
    ['with a clock that is fast, and set back', TRUE_MS + 3 * DAY_MS],
  ])('counts true time on a machine that boots %s', async (_what, wallMs) => {
    await run('a', 0, wallMs);
    await put('1');
    await clock.advance(HOUR_MS / 2);
    clock.jump(TRUE_MS - wallMs);
    await put('2');
    expect(await first()).toBe('1');
    await clock.advance(HOUR_MS / 2 + 1);
    expect(await first()).toBe('2');
    expect(queue.dropped).toBe(1);
    expect(queue.oldestAtMs).toBe(TRUE_MS + HOUR_MS / 2);
  });

  it('… when the process was killed before it saw the clock being set', async () => {
    await run('a', 0, 0);
    await put('1');
    await run('a', 1000, TRUE_MS);
    expect(await first()).toBe('1');
    await clock.advance(HOUR_MS);
    expect(await first()).toBeUndefined();
  });

  it('… when the machine boots again after the clock was set', async () => {
    await run('a', 0, TRUE_MS - 3 * DAY_MS);
    await put('1');
    clock.jump(3 * DAY_MS);
    await put('2');
    await run('b', 0, TRUE_MS + HOUR_MS / 2);
    expect(await first()).toBe('1');
    await clock.advance(HOUR_MS / 2 + 1000);
    expect(await first()).toBeUndefined();
  });

  it('counts from its finding what an earlier boot stored without a clock', async () => {
    await run('a', 0, 0);
    await put('1');
    await run('b', 0, TRUE_MS);
    expect(await first()).toBe('1');
    await clock.advance(HOUR_MS + 1);
    expect(await first()).toBeUndefined();
  });

  it('is followed though the disk takes no new times, which are written later', async () => {
    await run('a', 0, TRUE_MS - 3 * DAY_MS);
    await put('1');
    clock.jump(3 * DAY_MS);
    const { restamp } = store.sinkQueues;
    Object.assign(store.sinkQueues, { restamp: () => Promise.reject(new Error('disk is full')) });
    expect(await first()).toBe('1');
    Object.assign(store.sinkQueues, { restamp });
    expect(await first()).toBe('1');
    expect(await store.sinkQueues.pages('q')).toMatchObject([{ atMs: TRUE_MS }]);
  });
});
