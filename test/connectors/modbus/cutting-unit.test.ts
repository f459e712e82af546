// A unit whose requests end the connection (the server closes it, or what comes is no Modbus) must not take the line from the others. In virtual time.
import { describe, expect, it } from 'vitest';
import { createSimulatedGateway, readInCycles } from './simulated-gateway.ts';

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const MINUTE_MS = 60_000;

// @covers issue:19#3
describe('a unit that ends the connection when it is asked', () => {
  it.each([
    ['1 of 2', [1, 2], [1]],
    ['the last of 2', [1, 2], [2]],
    ['1 of 10', ALL, [4]],
    ['3 of 10', ALL, [2, 5, 8]],
    ['the first 5 of 10', ALL, [1, 2, 3, 4, 5]],
  ])('%s: the others keep at least 90 percent of their rate', async (_name, ids, ends) => {
    const site = createSimulatedGateway({ ends: new Set(ends), parallel: true });
    site.bus.watch(() => undefined);
    await site.clock.advance(1);
    const load = readInCycles(site, ids, { timeoutMs: 1000 });
    const living = ids.filter((id) => !ends.includes(id));
    await site.clock.advance(MINUTE_MS);
    const first = new Map(load.good);
    await site.clock.advance(5 * MINUTE_MS);
    load.stop();
    await site.bus.close();
    for (const id of living) {
      expect(first.get(id)! / 60, `unit ${id}, first minute`).toBeGreaterThanOrEqual(0.75);
      expect((load.good.get(id)! - first.get(id)!) / 300, `unit ${id}, later`).toBeGreaterThanOrEqual(0.9);
    }
    for (const id of ends) expect(load.good.get(id)).toBe(0);
  });

  it('is set aside with its reason, tried again, and read once it answers', async () => {
    const ends = new Set([2]);
    const site = createSimulatedGateway({ ends, parallel: true });
    site.bus.watch(() => undefined);
    await site.clock.advance(1);
    const load = readInCycles(site, [1, 2, 3], { timeoutMs: 1000 });
    await site.clock.advance(10_000);
    expect(site.bus.report(2)).toMatchObject({
      failure: 'cuts',
      lastError: 'the connection ends when unit 2 is asked, 2 times in a row: the server closed the connection',
    });
    expect(site.bus.aside).toEqual([2]);
    expect(site.connections()).toBe(3);
    ends.clear();
    await site.clock.advance(31_000);
    expect(site.bus.report(2)).toMatchObject({ failure: undefined, phase: 'alive', lastError: '' });
    expect(load.good.get(2)).toBeGreaterThan(0);
    load.stop();
    await site.bus.close();
  });

  it('where no unit is heard nobody is set aside, and all are back within 3 s', async () => {
    const ends = new Set(ALL);
    const site = createSimulatedGateway({ ends, parallel: true });
    site.bus.watch(() => undefined);
    await site.clock.advance(1);
    const load = readInCycles(site, ALL, { timeoutMs: 1000 });
    await site.clock.advance(MINUTE_MS);
    expect(site.bus.aside).toEqual([]);
    ends.clear();
    await site.clock.advance(3000);
    for (const id of ALL) expect(load.good.get(id), `unit ${id}`).toBeGreaterThan(0);
    load.stop();
    await site.bus.close();
  });

  it('one that was only asked when the line was lost by itself is read on the next', async () => {
    const ends = new Set<number>();
    const site = createSimulatedGateway({ ends, parallel: true });
    site.bus.watch(() => undefined);
    await site.clock.advance(1);
    const load = readInCycles(site, ALL, { timeoutMs: 1000 });
    for (let i = 0; i < 5; i++) {
      await site.clock.advance(5000);
      ends.add(7);
      await site.clock.advance(1000);
      ends.clear();
    }
    const before = load.good.get(7)!;
    await site.clock.advance(3000);
    expect(load.good.get(7)! - before).toBeGreaterThanOrEqual(1);
    expect(site.bus.aside).toEqual([]);
    load.stop();
    await site.bus.close();
  });

  it('writes to it end as failed, not later', async () => {
    const site = createSimulatedGateway({ ends: new Set([2]), parallel: true });
    site.bus.watch(() => undefined);
    await site.clock.advance(1);
    const settled: string[] = [];
    for (let i = 0; i < 3; i++) {
      const write = site.bus.request({ unit: 2, fn: 6, address: 0, count: 1, data: Buffer.alloc(2) } as never, {
        timeoutMs: 1000,
        retries: 1,
        quietMs: 0,
        gapMs: 0,
      });
      write.catch((error: Error) => settled.push(error.message));
      void site.bus
        .request({ unit: 1, fn: 3, address: 0, count: 2 }, { timeoutMs: 1000, retries: 1, quietMs: 0, gapMs: 0 })
        .catch(() => undefined);
      await site.clock.advance(2000);
    }
    expect(settled).toHaveLength(3);
    await site.bus.close();
  });
});
