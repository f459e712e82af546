// The source on the virtual clock: quality, stale values, report on change, deadband, late cycles, one row per point.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createModbusSource } from '../../../src/connectors/modbus/source.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { createSimulatedBus } from './simulated-bus.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(profile: string, props: Record<string, unknown> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-modbus-'));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  writeFileSync(join(root, 'etc/sources/modbus/m.yaml'), profile);
  const sim = createSimulatedBus([1, 2]);
  closers.push(() => sim.bus.close());
  const rows: { row: Row; meta: Record<string, unknown> }[] = [];
  const ctx = Object.assign(createTestContext(), {
    getRootPath: () => root,
    clock: sim.clock,
    connections: { acquire: () => sim.bus as never, release: () => undefined },
  });
  const source = createModbusSource();
  await source.configure!('m', { protocol: 'rtu-over-tcp', host: 'x', timeout: 100, retries: 0, ...props });
  const start = () =>
    source.open(
      ctx,
      (row, meta) => void rows.push({ row: row as Row, meta: meta as Record<string, unknown> }),
      () => undefined,
    );
  closers.push(() => source.close(ctx));
  return { sim, rows, ctx, start, source, unit: sim.plc.units.get(1)! };
}
const cycle = (o: Awaited<ReturnType<typeof open>>, ms = 1000) => o.sim.clock.advance(ms);

describe('modbus source', () => {
  it('a device that does not answer gives null or its last value with the quality, never a 0', async () => {
    const nulls = await open('points: [{name: a, address: 1, type: int16}]', { emitBad: true });
    nulls.unit.holding[1] = 7;
    await nulls.start();
    await cycle(nulls);
    nulls.sim.line().faults = { dead: new Set([1]) };
    await cycle(nulls, 3000);
    expect(nulls.rows[0]!.row).toEqual({ device: 'm', a: 7n });
    expect(nulls.rows.at(-1)!.row).toEqual({ device: 'm', a: null });
    expect((nulls.rows.at(-1)!.meta['quality'] as Record<string, string>)['a']).toMatch(/^bad: unit 1 does not answer/);
    const last = await open('points: [{name: a, address: 1, type: int16}]', { onFailure: 'last' });
    last.unit.holding[1] = 7;
    await last.start();
    await cycle(last);
    last.sim.line().faults = { dead: new Set([1]) };
    await cycle(last, 3000);
    expect(last.rows.at(-1)!.row).toEqual({ device: 'm', a: 7n });
    expect((last.rows.at(-1)!.meta['quality'] as Record<string, string>)['a']).toBe('stale');
  });

  it('reports on change and beyond the deadband', async () => {
    const o = await open(
      'points:\n  - {name: a, address: 1, type: int16, onChange: true}\n  - {name: b, address: 2, type: int16, deadband: 5}',
    );
    await o.start();
    await cycle(o);
    for (const [a, b] of [
      [0, 4],
      [0, 6],
      [1, 8],
      [1, 8],
    ]) {
      o.unit.holding[1] = a!;
      o.unit.holding[2] = b!;
      await cycle(o);
    }
    expect(o.rows.map((r) => r.row)).toEqual([
      { device: 'm', a: 0n, b: 0n },
      { device: 'm', b: 6n },
      { device: 'm', a: 1n },
    ]);
  });

  it('gives one row per point by option', async () => {
    const o = await open('points: [{name: a, address: 1, type: int16, unit: kW}, {name: c, function: coil, address: 3}]', {
      rows: 'point',
    });
    await o.start();
    await cycle(o, 500);
    expect(o.rows.map((r) => r.row)).toEqual([
      { device: 'm', point: 'c', value: false, quality: 'good' },
      { device: 'm', point: 'a', value: 0n, quality: 'good', unit: 'kW' },
    ]);
  });

  it('counts late cycles', async () => {
    const o = await open('points: [{name: a, address: 1, type: int16}]', { interval: 200, timeout: 2000 });
    await o.start();
    await cycle(o, 100);
    o.sim.line().faults = { delayMs: 700 };
    await cycle(o, 3000);
    expect(o.ctx.drops.length).toBeGreaterThan(5);
    expect(o.ctx.drops[0]).toBe('1 late cycle: device m needs longer than 200 ms');
    expect(o.rows.length).toBeGreaterThan(2);
  });

  it('a timer that fires early makes no cycle, and no late one', async () => {
    const o = await open('points: [{name: a, address: 1, type: int16}]', { interval: 200 });
    // as the platform's timers: up to 1 ms early
    const { setTimer } = o.sim.clock;
    o.ctx.clock = { ...o.sim.clock, setTimer: (ms, work) => setTimer(ms > 2 ? ms - 0.9 : ms, work) };
    await o.start();
    await cycle(o, 10_000);
    expect(o.ctx.drops).toEqual([]);
    expect(o.rows.length).toBeGreaterThanOrEqual(50);
    expect(o.rows.length).toBeLessThanOrEqual(51);
  });

  it('a hole that the device refuses costs the points around it nothing, and is not asked for again and again', async () => {
    const o = await open('limits: {maxGap: 100}\npoints: [{name: a, address: 999, type: int16}, {name: b, address: 1001, type: int16}]', {
      emitBad: true,
    });
    o.unit.holding[999] = 3;
    await o.start();
    await cycle(o, 5500);
    expect(o.rows.length).toBeGreaterThan(4);
    expect(o.rows.every((r) => r.row['a'] === 3n && r.row['b'] === null)).toBe(true);
    const merged = o.sim.seen.filter((s) => s.frame.readUInt16BE(4) === 3);
    expect(merged).toHaveLength(1);
  });

  describe('a device that refuses a part of a block', () => {
    /** 40 registers in a row; a device whose `missing` are refused with `code`. */
    const wide = async (missing: readonly number[], code: number) => {
      const o = await open(
        `points: [${Array.from({ length: 40 }, (_, i) => `{name: p${i}, address: ${100 + i}, type: int16}`).join(', ')}]`,
        {
          emitBad: true,
          timeout: 1000,
        },
      );
      for (let i = 0; i < 40; i++) o.unit.holding[100 + i] = i;
      const answer = o.sim.plc.answer;
      o.sim.plc.answer = (request) => {
        const from = request.readUInt16BE(2);
        const to = from + request.readUInt16BE(4);
        const refused = missing.some((m) => 100 + m >= from && 100 + m < to);
        return refused ? Buffer.from([request[0]!, request[1]! | 0x80, code]) : answer(request);
      };
      await o.start();
      return o;
    };
    const NAMES: Record<number, string> = {
      1: 'illegal function',
      2: 'illegal data address',
      3: 'illegal data value',
      4: 'server device failure',
    };

    // @covers issue:19#4 @covers finding:field#2.4
    it.each([1, 2, 3, 4])('exception %i: the others are read, in two requests a cycle once it is known', async (code) => {
      const o = await wide([20], code);
      await cycle(o, 3000);
      const before = o.sim.seen.length;
      const rows = o.rows.length;
      await cycle(o, 10_000);
      expect(o.rows.length - rows).toBe(10);
      expect(o.sim.seen.length - before).toBe(20);
      for (const { row, meta } of o.rows) {
        for (let i = 0; i < 40; i++) expect(row[`p${i}`]).toBe(i === 20 ? null : BigInt(i));
        expect((meta['quality'] as Record<string, string>)['p20']).toBe(`bad: ${NAMES[code]}`);
        expect((meta['quality'] as Record<string, string>)['p21']).toBe('good');
      }
      // after ten minutes it is tried as a whole again: the register may be there now
      await cycle(o, 600_000);
      expect(o.sim.seen.filter((s) => s.frame.readUInt16BE(4) === 40)).toHaveLength(2);
    });

    it('several missing registers cost as many requests as there are pieces between them', async () => {
      const o = await wide([0, 13, 14, 39], 2);
      await cycle(o, 3000);
      const before = o.sim.seen.length;
      await cycle(o, 5000);
      expect(o.sim.seen.length - before).toBe(10);
      expect(Object.values(o.rows.at(-1)!.row).filter((v) => v === null)).toHaveLength(4);
    });

    it('everything refused: asked as a whole, not in pieces, and read at once when the device is ready', async () => {
      const missing = Array.from({ length: 40 }, (_, i) => i);
      const o = await wide(missing, 4);
      await cycle(o, 3000);
      const before = o.sim.seen.length;
      await cycle(o, 10_000);
      expect(o.sim.seen.length - before).toBe(10);
      missing.length = 0;
      await cycle(o, 1500);
      expect(o.rows.at(-1)!.row['p39']).toBe(39n);
    });
  });

  describe('the state of its devices', () => {
    // @covers issue:19#2 @covers finding:field#2.2
    it('a device that never answers is reported within 5 s, with how long, why and when it is tried again', async () => {
      const o = await open('points: [{name: a, address: 1, type: int16}]', { unit: 9, timeout: 1000, retries: 1 });
      await o.start();
      await cycle(o, 100);
      expect(o.source.devices!()).toEqual([expect.objectContaining({ name: 'm', unit: 9, state: 'unasked', problem: '' })]);
      await cycle(o, 4900);
      const [device] = o.source.devices!();
      expect(device).toMatchObject({ state: 'silent', lastReplyAtMs: 0, points: { good: 0, stale: 0, bad: 1 }, refused: {} });
      expect(device!.failingMs).toBeGreaterThan(1000);
      expect(device!.problem).toMatch(
        /^Device m \(unit 9, rtu-over-tcp:\/\/x:502\) has not answered for \d+ s: unit 9 does not answer within 1000 ms \(\d tr(y|ies)\)\.( It is tried again in 1 s\.)? Check its power, its wiring, and its unit id, speed and parity\.$/,
      );
    });

    it('a device that answers again has no problem any more', async () => {
      const o = await open('points: [{name: a, address: 1, type: int16}]', { onFailure: 'last' });
      await o.start();
      await cycle(o);
      expect(o.source.devices!()[0]).toMatchObject({
        state: 'answering',
        failingMs: 0,
        problem: '',
        points: { good: 1, stale: 0, bad: 0 },
      });
      o.sim.line().faults = { dead: new Set([1]) };
      await cycle(o, 10_000);
      expect(o.source.devices!()[0]).toMatchObject({ state: 'silent', points: { good: 0, stale: 1, bad: 0 } });
      expect(o.source.devices!()[0]!.problem).toContain('1 point still shows its last value.');
      o.sim.line().faults = {};
      await cycle(o, 3000);
      expect(o.source.devices!()[0]).toMatchObject({ state: 'answering', failingMs: 0, nextTryMs: 0, problem: '' });
      expect(o.source.devices!()[0]!.lastReplyAtMs).toBeGreaterThan(0);
    });

    it('the last value is given no longer than maxAge, and then null', async () => {
      const o = await open('points: [{name: a, address: 1, type: int16}]', { onFailure: 'last', maxAge: 5000, emitBad: true });
      o.unit.holding[1] = 7;
      await o.start();
      await cycle(o, 1500);
      o.sim.line().faults = { dead: new Set([1]) };
      await cycle(o, 4000);
      expect(o.rows.at(-1)!.row['a']).toBe(7n);
      await cycle(o, 3000);
      expect(o.rows.at(-1)!.row['a']).toBeNull();
      expect((o.rows.at(-1)!.meta['quality'] as Record<string, string>)['a']).toMatch(/^bad: unit 1 does not answer/);
    });

    it('points that the device refuses are named, and a device that refuses all of them is refusing', async () => {
      const o = await open('points: [{name: a, address: 1, type: int16}, {name: b, address: 5000, type: int16}]');
      await o.start();
      await cycle(o, 2500);
      expect(o.source.devices!()[0]).toMatchObject({
        state: 'answering',
        refused: { b: 'illegal data address' },
        points: { good: 1, stale: 0, bad: 1 },
        problem:
          'Device m (unit 1, rtu-over-tcp://x:502) refuses 1 of 2 points (b: illegal data address). Check function, address and type in its profile.',
      });
      const all = await open('points: [{name: b, address: 5000, type: int16}]');
      await all.start();
      await cycle(all, 2500);
      expect(all.source.devices!()[0]).toMatchObject({ state: 'refusing' });
      expect(all.source.devices!()[0]!.problem).toContain('refuses every point (b: illegal data address)');
    });

    it.each([
      [5, 'acknowledge', 'Ask it less often.'],
      [6, 'server device busy', 'Ask it less often.'],
      [7, 'exception 7', 'Check function, address and type in its profile.'],
      [0, 'exception 0', 'Check function, address and type in its profile.'],
      [255, 'exception 255', 'Check function, address and type in its profile.'],
    ])('a device that answers nothing but exception %i delivers nothing, and says so', async (code, words, cure) => {
      const o = await open('points: [{name: a, address: 1, type: int16}]', { timeout: 1000, retries: 1 });
      o.sim.plc.refuse = () => code;
      await o.start();
      await cycle(o, 8000);
      expect(o.source.devices!()[0]).toMatchObject({
        state: 'refusing',
        refused: { a: words },
        problem: `Device m (unit 1, rtu-over-tcp://x:502) refuses every point (a: ${words}). ${cure}`,
      });
      o.sim.plc.refuse = () => undefined;
      await cycle(o, 3000);
      expect(o.source.devices!()[0]).toMatchObject({ state: 'answering', problem: '' });
    });

    it('one dead device of three is named alone', async () => {
      const o = await open('points: [{name: a, address: 1, type: int16}]', {
        devices: [
          { name: 'm1', unit: 1 },
          { name: 'm2', unit: 7 },
          { name: 'm3', unit: 2 },
        ],
      });
      await o.start();
      await cycle(o, 5000);
      expect(o.source.devices!().map((d) => [d.name, d.state, d.problem === ''])).toEqual([
        ['m1', 'answering', true],
        ['m2', 'silent', false],
        ['m3', 'answering', true],
      ]);
    });
  });
});
