// The bus scheduler on the virtual clock: fairness, dead units, late replies, exceptions, loss and return of the line.
import { describe, expect, it } from 'vitest';
import { ModbusException } from '../../../src/connectors/modbus/frame.ts';
import { createSimulatedBus, readForever, settings } from './simulated-bus.ts';

const read = (unit: number, address = 0, count = 1) => ({ unit, fn: 3 as const, address, count });
const sum = (m: ReadonlyMap<number, number>, ids: readonly number[]) => ids.reduce((n, id) => n + m.get(id)!, 0);
const register = (v: number) => {
  const b = Buffer.alloc(2);
  b.writeUInt16BE(v);
  return b;
};
const settled = async <T>(p: Promise<T>) =>
  p.then(
    (value) => ({ value }),
    (error: Error) => ({ error }),
  );

describe('modbus bus', () => {
  it.each([200, 1000])(
    '32 units at 19,200 baud, 5 dead, time-out %i ms: the living keep 90 percent of the rate that they have alone',
    async (timeoutMs) => {
      const all = Array.from({ length: 32 }, (_, i) => i + 1);
      const dead = [3, 9, 15, 21, 27];
      const living = all.filter((id) => !dead.includes(id));
      const minutes = 5;
      const rate = async (ids: readonly number[]) => {
        const sim = createSimulatedBus(all);
        await sim.clock.advance(0);
        sim.bus.watch(() => undefined);
        await sim.clock.advance(1);
        sim.line().faults = { dead: new Set(dead), delayMs: 3 };
        const load = readForever(sim, ids, { timeoutMs, quietMs: timeoutMs });
        await sim.clock.advance(minutes * 60_000);
        load.stop();
        await sim.bus.close();
        return load.good;
      };
      const alone = await rate(living);
      const mixed = await rate(all);
      expect(sum(mixed, dead)).toBe(0);
      expect(sum(mixed, living) / sum(alone, living)).toBeGreaterThan(0.9);
      // nobody is favoured
      const counts = living.map((id) => mixed.get(id)!);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(Math.max(2, Math.max(...counts) * 0.05));
    },
    60_000,
  );

  it('probes every unit that is set aside, and takes it back when it answers', async () => {
    const sim = createSimulatedBus([1, 2, 3]);
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    sim.line().faults = { dead: new Set([2, 3]) };
    const load = readForever(sim, [1, 2, 3]);
    await sim.clock.advance(60_000);
    expect(sim.bus.aside.sort()).toEqual([2, 3]);
    const before = sim.seen.length;
    await sim.clock.advance(120_000);
    const probed = new Set(sim.seen.slice(before).map((s) => s.frame[0]));
    expect([...probed].sort()).toEqual([1, 2, 3]);
    sim.line().faults = {};
    await sim.clock.advance(40_000);
    const [one, two, three] = [1, 2, 3].map((id) => load.good.get(id)!);
    await sim.clock.advance(1000);
    expect(load.good.get(2)!).toBeGreaterThan(two!);
    expect(load.good.get(3)!).toBeGreaterThan(three!);
    expect(load.good.get(1)!).toBeGreaterThan(one!);
    expect(sim.bus.aside).toEqual([]);
    load.stop();
    await sim.bus.close();
  });

  it('when nobody answers, sees the first unit that returns within 2 s', async () => {
    const sim = createSimulatedBus([1]);
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    sim.line().faults = { dead: new Set([1]) };
    const load = readForever(sim, [1]);
    await sim.clock.advance(120_000);
    expect(load.good.get(1)).toBe(0);
    sim.line().faults = {};
    await sim.clock.advance(2000);
    expect(load.good.get(1)).toBeGreaterThan(0);
    load.stop();
    await sim.bus.close();
  });

  it('a late reply within the quiet time never becomes another value', async () => {
    // every register holds its own address: a value that belongs to another request is seen
    let coin = 0;
    const random = () => (coin = (coin * 1103515245 + 12345) % 2 ** 31) / 2 ** 31;
    const sim = createSimulatedBus([1, 2], random);
    for (const [id, unit] of sim.plc.units) for (let i = 0; i < 1000; i++) unit.holding[i] = id * 1000 + i;
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    sim.line().faults = { late: 0.3, lateMs: 350 };
    let good = 0;
    let wrong = 0;
    let stopped = false;
    for (const unit of [1, 2])
      void (async () => {
        for (let i = 0; !stopped; i = (i + 37) % 990) {
          const answer = await settled(sim.bus.request(read(unit, i, 3), settings));
          if ('error' in answer) await sim.clock.sleep(20);
          else if (answer.value.readUInt16BE(0) === unit * 1000 + i) good++;
          else wrong++;
        }
      })();
    await sim.clock.advance(300_000);
    stopped = true;
    expect(wrong).toBe(0);
    expect(good).toBeGreaterThan(500);
    expect(sim.bus.counters.timeouts).toBeGreaterThan(50);
    await sim.bus.close();
  });

  it('does not ask a unit during its quiet time, and serves others meanwhile', async () => {
    const sim = createSimulatedBus([1, 2]);
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    sim.line().faults = { dead: new Set([1]) };
    const first = settled(sim.bus.request(read(1), { ...settings, retries: 1 }));
    let others = 0;
    void (async () => {
      for (; others < 10_000; others++) await sim.bus.request(read(2), settings).catch(() => undefined);
    })();
    await sim.clock.advance(1000);
    const asked = sim.seen.filter((s) => s.frame[0] === 1).map((s) => s.atMs);
    expect(asked).toHaveLength(2);
    expect(asked[1]! - asked[0]!).toBeGreaterThanOrEqual(400);
    expect(others).toBeGreaterThan(10);
    expect(await first).toEqual({
      error: expect.objectContaining({ message: expect.stringMatching(/unit 1 does not answer within 200 ms \(2 tries\)/) }),
    });
    await sim.bus.close();
  });

  it('serves writes before reads, and reads are not starved by writes', async () => {
    const sim = createSimulatedBus([1, 2, 3]);
    const order: string[] = [];
    const tasks = [
      ...[1, 2, 3].map((u) => sim.bus.request(read(u), settings).then(() => order.push(`r${u}`))),
      ...Array.from({ length: 9 }, (_, i) =>
        sim.bus.request({ unit: 3, fn: 6, address: i, count: 1, data: register(i) }, settings).then(() => order.push('w')),
      ),
    ];
    await sim.clock.advance(2000);
    await Promise.all(tasks);
    expect(order.join(' ')).toBe('w w w w r1 w w w w r2 w r3');
    await sim.bus.close();
  });

  it('asks once for what several readers want at the same time', async () => {
    const sim = createSimulatedBus([1]);
    sim.plc.units.get(1)!.holding[7] = 42;
    const all = Promise.all(Array.from({ length: 5 }, () => sim.bus.request(read(1, 7), settings)));
    await sim.clock.advance(500);
    expect((await all).map((b) => b.readUInt16BE(0))).toEqual([42, 42, 42, 42, 42]);
    expect(sim.bus.counters.requests).toBe(1);
    await sim.bus.close();
  });

  it('hands exceptions on by name, and asks a busy unit again', async () => {
    const sim = createSimulatedBus([1]);
    const refused = settled(sim.bus.request(read(1, 5000), settings));
    await sim.clock.advance(100);
    const outcome = await refused;
    expect('error' in outcome && outcome.error).toBeInstanceOf(ModbusException);
    expect('error' in outcome && outcome.error.message).toBe('unit 1 answers exception 2: illegal data address');
    sim.line().faults = { exception: 1 };
    const busy = settled(sim.bus.request(read(1), settings));
    await sim.clock.advance(100);
    sim.line().faults = {};
    await sim.clock.advance(1000);
    expect('value' in (await busy)).toBe(true);
    // an exception is an answer: the unit is not set aside
    expect(sim.bus.aside).toEqual([]);
    await sim.bus.close();
  });

  it('ignores bytes that nobody asked for, and waits until the line is silent', async () => {
    const sim = createSimulatedBus([1]);
    sim.plc.units.get(1)!.holding[0] = 5;
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    sim.inject(Buffer.from([1, 3, 2, 0, 99, 0xff, 0xff]));
    const answer = settled(sim.bus.request(read(1), settings));
    sim.inject(Buffer.from([0x00, 0x55]));
    await sim.clock.advance(500);
    const outcome = await answer;
    expect('value' in outcome && outcome.value.readUInt16BE(0)).toBe(5);
    await sim.bus.close();
  });

  it('sends broadcasts without waiting for a reply', async () => {
    const sim = createSimulatedBus([1, 2]);
    const done = settled(sim.bus.request({ unit: 0, fn: 6, address: 4, count: 1, data: register(77) }, settings));
    await sim.clock.advance(300);
    expect('value' in (await done)).toBe(true);
    expect([...sim.plc.units.values()].map((u) => u.holding[4])).toEqual([77, 77]);
    expect(sim.bus.counters.timeouts).toBe(0);
    await sim.bus.close();
  });

  it('reports the loss of the line, opens it again by itself and flows within 3 s', async () => {
    const sim = createSimulatedBus([1]);
    const states: string[] = [];
    sim.bus.watch((up, message) => states.push(up ? 'up' : message));
    await sim.clock.advance(1);
    const load = readForever(sim, [1]);
    await sim.clock.advance(1000);
    expect(load.good.get(1)).toBeGreaterThan(0);
    sim.unplug();
    await sim.clock.advance(30_000);
    const before = load.good.get(1)!;
    sim.plugged = true;
    await sim.clock.advance(3000);
    expect(load.good.get(1)).toBeGreaterThan(before);
    expect(states[0]).toBe('not connected yet');
    expect(states[1]).toBe('up');
    expect(states).toContain('unplugged');
    expect(states).toContain('no such port');
    expect(states.at(-1)).toBe('up');
    // not in a tight loop
    expect(sim.opens).toBeLessThan(80);
    load.stop();
    await sim.bus.close();
  });

  it('after close: nothing waits, nothing is left running', async () => {
    const sim = createSimulatedBus([1]);
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    sim.line().faults = { dead: new Set([1]) };
    const waiting = [settled(sim.bus.request(read(1), settings)), settled(sim.bus.request(read(1, 4), settings))];
    await sim.clock.advance(50);
    await sim.bus.close();
    for (const w of await Promise.all(waiting)) expect('error' in w && w.error.message).toBe('bus simulated is closed');
    await sim.clock.advance(5000);
    expect(sim.clock.pending).toBe(0);
    expect('error' in (await settled(sim.bus.request(read(1), settings)))).toBe(true);
  });
});
