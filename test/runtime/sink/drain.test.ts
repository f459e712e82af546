// Rows that were delivered while the disk could not be told so: the end of the sink tells it again, so that the next run does not send them twice.
import { expect, it } from 'vitest';
import { Drain, type DrainHost } from '../../../src/runtime/sink/drain.ts';
import type { DurableQueue, StoredItem } from '../../../src/runtime/sink/durable-queue.ts';

const item = (id: number): StoredItem => ({ data: { id }, dynamic: undefined, rows: 1, atMs: 0 }) as StoredItem;

function rig(collect: DrainHost['collect']) {
  let pages = [{ seq: 1, items: [item(1), item(2)], from: undefined }];
  let full = false;
  const write = async (work: () => void) => {
    if (full) throw new Error('database or disk is full');
    work();
  };
  const disk = {
    head: async () => pages[0],
    after: async () => undefined,
    remember: () => undefined,
    removePage: (seq: number) => write(() => void (pages = pages.filter((p) => p.seq !== seq))),
    shortenPage: (seq: number, items: StoredItem[]) => write(() => void (pages = pages.map((p) => (p.seq === seq ? { ...p, items } : p)))),
  } as unknown as DurableQueue;
  const drain = new Drain({
    maxInFlight: 16,
    parkAfter: 0,
    maxRetries: 0,
    disk,
    deliveries: () => 0,
    collect,
    delivered: () => undefined,
    failed: () => undefined,
    notTaken: async () => false,
    refill: async () => false,
    chunk: 16,
    slot: () => undefined,
    pace: async () => undefined,
  });
  return {
    drain,
    setFull: (is: boolean) => void (full = is),
    left: () => pages.flatMap((p) => p.items.map((i) => (i.data as { id: number }).id)),
  };
}

// @covers issue:14#1
it('the end of a sink takes delivered rows off a disk that was full when they were delivered', async () => {
  const sent: number[] = [];
  const { drain, setFull, left } = rig((i) => void sent.push((i.data as { id: number }).id));
  setFull(true);
  await expect(drain.run()).rejects.toThrow('disk is full');
  expect([sent, left()]).toEqual([
    [1, 2],
    [1, 2],
  ]);
  setFull(false);
  await drain.finish();
  expect(left()).toEqual([]);
});

it('what was not delivered stays on the disk, and a disk that is full still does not keep the sink from ending', async () => {
  const { drain, setFull, left } = rig((i) => {
    if ((i.data as { id: number }).id === 2) throw new Error('refused');
  });
  setFull(true);
  await expect(drain.run()).rejects.toThrow('disk is full');
  await drain.finish();
  expect(left()).toEqual([1, 2]);
  setFull(false);
  await drain.finish();
  expect(left()).toEqual([2]);
});
