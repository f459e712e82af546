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
  return { sim, rows, ctx, start, unit: sim.plc.units.get(1)! };
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
});
