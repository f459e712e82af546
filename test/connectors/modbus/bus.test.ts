// The bus scheduler on the virtual clock: fairness, dead units, late replies, exceptions, loss and return of the line.
import { describe, expect, it } from 'vitest';
import { ModbusException } from '../../../src/connectors/modbus/frame.ts';
import { seeded } from './seeded.ts';
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
  describe('32 units at 19,200 baud: the living keep 90 percent of the rate that they have alone, from the first moment', () => {
    const all = Array.from({ length: 32 }, (_, i) => i + 1);
    const SPREAD = [3, 9, 15, 21, 27];
    const FIRST = [1, 2, 3, 4, 5];
    const TEN = [1, 2, 3, 8, 12, 16, 17, 24, 31, 32];
    interface Load {
      ids: readonly number[];
      dead: readonly number[];
      timeoutMs: number;
      baudRate?: number;
      seconds: number;
      /** They fall silent then; 0: they never answered. */
      dieAtMs?: number;
      readers?: number;
      drop?: number;
    }
    const rate = async ({ ids, dead, timeoutMs, baudRate = 19_200, seconds, dieAtMs = 0, readers = 1, drop = 0 }: Load) => {
      const healthy = { delayMs: 3, drop };
      const sick = { ...healthy, dead: new Set(dead) };
      const sim = createSimulatedBus(all, seeded(5), { baudRate, faults: dieAtMs ? healthy : sick });
      sim.bus.watch(() => undefined);
      const loads = Array.from({ length: readers }, (_, i) => readForever(sim, ids, { timeoutMs, quietMs: timeoutMs }, i * 20));
      if (dieAtMs) {
        await sim.clock.advance(dieAtMs);
        sim.line().faults = sick;
      }
      const good = () => new Map(ids.map((id) => [id, loads.reduce((n, l) => n + l.good.get(id)!, 0)]));
      const before = good();
      await sim.clock.advance(seconds * 1000);
      const after = good();
      for (const l of loads) l.stop();
      await sim.bus.close();
      return new Map([...after].map(([id, n]) => [id, n - before.get(id)!]));
    };
    it.each<[string, readonly number[], Partial<Load> & { timeoutMs: number; seconds: number }]>([
      ['5 dead, time-out 200 ms', SPREAD, { timeoutMs: 200, seconds: 60 }],
      ['5 dead, time-out 1 s', SPREAD, { timeoutMs: 1000, seconds: 60 }],
      ['5 dead, time-out 2 s', SPREAD, { timeoutMs: 2000, seconds: 60 }],
      ['5 dead, time-out 1 s, 5 min', SPREAD, { timeoutMs: 1000, seconds: 300 }],
      ['5 dead, the first of all, time-out 1 s', FIRST, { timeoutMs: 1000, seconds: 60 }],
      ['10 dead, time-out 1 s', TEN, { timeoutMs: 1000, seconds: 60 }],
      ['10 dead, time-out 2 s', TEN, { timeoutMs: 2000, seconds: 120 }],
      ['5 dead at 9,600 baud, time-out 1 s', SPREAD, { timeoutMs: 1000, seconds: 60, baudRate: 9600 }],
      ['5 dead at 115,200 baud, time-out 1 s', SPREAD, { timeoutMs: 1000, seconds: 60, baudRate: 115_200 }],
      ['one falls silent on the way, time-out 2 s', [9], { timeoutMs: 2000, seconds: 60, dieAtMs: 10_000 }],
      ['5 fall silent on the way, time-out 1 s', SPREAD, { timeoutMs: 1000, seconds: 120, dieAtMs: 10_000 }],
      ['5 dead, two rules', SPREAD, { timeoutMs: 1000, seconds: 60, readers: 2 }],
    ])(
      '%s',
      async (_name, dead, load) => {
        const living = all.filter((id) => !dead.includes(id));
        const alone = await rate({ ...load, ids: living, dead: [] });
        const mixed = await rate({ ...load, ids: all, dead });
        if (!load.dieAtMs) expect(sum(mixed, dead)).toBe(0);
        expect(sum(mixed, living) / sum(alone, living)).toBeGreaterThan(0.9);
        // nobody is favoured
        const counts = living.map((id) => mixed.get(id)!);
        expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(Math.max(2, Math.max(...counts) * 0.05));
      },
      60_000,
    );

    it('with one reply in 30 lost no living unit is left out', async () => {
      const living = all.filter((id) => !SPREAD.includes(id));
      for (const timeoutMs of [200, 1000]) {
        const counts = await rate({ ids: all, dead: SPREAD, timeoutMs, seconds: 300, drop: 1 / 30 });
        const good = living.map((id) => counts.get(id)!);
        expect(Math.min(...good) / Math.max(...good)).toBeGreaterThan(0.75);
      }
    }, 60_000);
  });

  it('a slow unit beside fast ones is waited for after its late reply was seen, and then always', async () => {
    const sim = createSimulatedBus([1, 2, 3, 4]);
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    // unit 4 needs 600 ms of its time-out of 1 s; its neighbours 3 ms
    sim.line().faults = { delayMs: 3, slow: new Map([[4, 600]]), dead: new Set([2]) };
    const load = readForever(sim, [1, 2, 3, 4], { timeoutMs: 1000, quietMs: 1000, retries: 0 });
    await sim.clock.advance(6000);
    const first = load.good.get(4)!;
    expect(first).toBeGreaterThan(0);
    await sim.clock.advance(20_000);
    expect(load.good.get(4)! - first).toBeGreaterThan(25);
    load.stop();
    await sim.bus.close();
  });

  it('a unit that answered before gets its whole time-out; writes and a patient caller always do', async () => {
    const sim = createSimulatedBus([1, 2, 3]);
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    const load = readForever(sim, [1, 2], { timeoutMs: 1000 });
    await sim.clock.advance(2000);
    sim.line().faults = { slow: new Map([[2, 900]]) };
    const before = load.good.get(2)!;
    await sim.clock.advance(10_000);
    expect(load.good.get(2)! - before).toBeGreaterThan(5);
    expect(sim.bus.counters.timeouts).toBe(0);
    sim.line().faults = { slow: new Map([[3, 900]]) };
    const slow = { ...settings, timeoutMs: 1000, retries: 0 };
    const write = settled(sim.bus.request({ unit: 3, fn: 6, address: 4, count: 1, data: register(77) }, slow));
    await sim.clock.advance(3000);
    expect('value' in (await write)).toBe(true);
    const other = createSimulatedBus([1, 3]);
    const busy = readForever(other, [1]);
    await other.clock.advance(500);
    other.line().faults = { slow: new Map([[3, 900]]) };
    const read3 = settled(other.bus.request(read(3), { ...slow, patient: true }));
    await other.clock.advance(3000);
    expect('value' in (await read3)).toBe(true);
    for (const l of [load, busy]) l.stop();
    await sim.bus.close();
    await other.bus.close();
  });

  it.each([12_000, 63_000, 300_000])('all silent for %i ms and all back (a cable): every unit flows within 5 s', async (silentMs) => {
    const ids = [1, 2, 3, 4, 5, 6];
    // six more never answer: their probes have used up their share
    const never = [7, 8, 9, 10, 11, 12];
    const sim = createSimulatedBus(ids);
    sim.bus.watch(() => undefined);
    await sim.clock.advance(1);
    const load = readForever(sim, [...ids, ...never], { timeoutMs: 1000 });
    await sim.clock.advance(5000);
    sim.line().faults = { dead: new Set(ids) };
    await sim.clock.advance(silentMs);
    const before = new Map(load.good);
    sim.line().faults = {};
    await sim.clock.advance(4000);
    expect(ids.some((id) => load.good.get(id)! > before.get(id)!)).toBe(true);
    await sim.clock.advance(2000);
    for (const id of ids) expect(load.good.get(id)!, `unit ${id}`).toBeGreaterThan(before.get(id)!);
    load.stop();
    await sim.bus.close();
  });

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
