// The sink on the virtual clock: which requests a row becomes, devices that know only single writes, read-back, order of overlapping columns.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { type Point, parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { createModbusSink } from '../../../src/connectors/modbus/sink.ts';
import { type PointWrite, planWrites } from '../../../src/connectors/modbus/write-plan.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { createSimulatedBus } from './simulated-bus.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const PROFILE = `points:
  - {name: a, address: 10, type: int16, writable: true}
  - {name: b, address: 11, type: int32, writable: true}
  - {name: c, address: 13, type: uint16, writable: true, scale: 0.1}
  - {name: far, address: 100, type: int16, writable: true}
  - {name: low, address: 11, type: uint16, writable: true}
  - {name: bit0, address: 50, type: uint16, bit: 0, writable: true}
  - {name: mode, address: 50, type: uint16, bit: 4, bits: 3, writable: true}
${Array.from({ length: 12 }, (_, i) => `  - {name: k${i}, function: coil, address: ${i + 3}, writable: true}`).join('\n')}
`;

async function open(props: Record<string, unknown> = {}) {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-modbus-'));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  writeFileSync(join(root, 'etc/sources/modbus/m.yaml'), PROFILE);
  const sim = createSimulatedBus([1]);
  closers.push(() => sim.bus.close());
  const ctx = Object.assign(createTestContext('sink'), {
    getRootPath: () => root,
    clock: sim.clock,
    connections: { acquire: () => sim.bus as never, release: () => undefined },
  });
  const sink = createModbusSink();
  await sink.configure!({ protocol: 'rtu-over-tcp', host: 'x', profile: 'm', timeout: 100, retries: 0, ...props });
  await sink.open(ctx, () => undefined);
  closers.push(() => sink.close(ctx));
  return {
    sim,
    unit: sim.plc.units.get(1)!,
    /** @returns what came of it */
    async write(row: Row): Promise<string> {
      const done = Promise.resolve(sink.collect(ctx, row)).then(
        () => 'confirmed',
        (error: Error) => error.message,
      );
      await sim.clock.advance(3000);
      return done;
    },
    /** Function and address of the requests since the last call. */
    asked: () => sim.seen.splice(0).map((s) => `${s.frame[1]}@${s.frame.readUInt16BE(2)}`),
  };
}

describe('modbus sink', () => {
  it('writes neighbouring coils in one request, and reads them back in one', async () => {
    const o = await open();
    const row = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`k${i}`, i % 3 === 0]));
    expect(await o.write(row)).toBe('confirmed');
    expect(o.asked()).toEqual(['15@3', '1@3']);
    expect([...o.unit.coils.subarray(3, 15)]).toEqual(Array.from({ length: 12 }, (_, i) => (i % 3 === 0 ? 1 : 0)));
    // in any order of columns, with a hole: two groups, and a single one
    expect(await o.write({ k5: true, k0: true, k4: false, k9: true, k1: true })).toBe('confirmed');
    expect(o.asked()).toEqual(['15@7', '1@7', '15@3', '1@3', '5@12', '1@12']);
    expect([...o.unit.coils.subarray(3, 15)]).toEqual([1, 1, 0, 1, 0, 1, 1, 0, 0, 1, 0, 0]);
  });

  it('writes neighbouring registers in one request, bits of one register by one mask', async () => {
    const o = await open();
    o.unit.holding[50] = 0xff00;
    expect(await o.write({ c: 2.5, far: 7n, bit0: true, a: -1n, b: 70_000n, mode: 5n })).toBe('confirmed');
    expect(o.asked()).toEqual(['16@10', '3@10', '6@100', '3@100', '22@50', '3@50']);
    expect([...o.unit.holding.subarray(10, 14)]).toEqual([0xffff, 1, 4464, 25]);
    expect([o.unit.holding[100], o.unit.holding[50]]).toEqual([7, 0xff51]);
  });

  it('columns that overlap are written alone, in their order', async () => {
    const o = await open();
    await o.write({ a: 1n, b: 65_536n, low: 9n, c: 1 });
    expect(o.asked().filter((x) => !x.startsWith('3@'))).toEqual(['6@10', '16@11', '6@11', '6@13']);
    expect([...o.unit.holding.subarray(10, 14)]).toEqual([1, 9, 0, 10]);
  });

  it('a device that refuses several at once gets them one by one, and is not asked for the whole again', async () => {
    const o = await open();
    o.sim.plc.refuse = (request) => ((request[1] === 15 || request[1] === 16) && request.readUInt16BE(4) > 1 ? 1 : undefined);
    expect(await o.write({ k0: true, k1: true, k2: false })).toBe('confirmed');
    expect(o.asked()).toEqual(['15@3', '5@3', '1@3', '5@4', '1@4', '5@5', '1@5']);
    expect(await o.write({ k0: false, k1: true, k2: true })).toBe('confirmed');
    expect(o.asked()).toEqual(['5@3', '1@3', '5@4', '1@4', '5@5', '1@5']);
    expect([...o.unit.coils.subarray(3, 6)]).toEqual([0, 1, 1]);
  });

  it('names every point that reads otherwise than written', async () => {
    const o = await open();
    // it takes writes and keeps its values
    const answer = o.sim.plc.answer.bind(o.sim.plc);
    o.sim.plc.answer = (request) => {
      const reply = answer(request);
      o.unit.coils.fill(0);
      o.unit.holding.fill(3);
      return reply;
    };
    expect(await o.write({ k0: true, k1: false, k2: true })).toBe(
      'modbus sink: unit 1 point k0: wrote true, but it reads false; point k2: wrote true, but it reads false',
    );
    expect(await o.write({ a: 3n, b: 196_611n, c: 1 })).toBe('modbus sink: unit 1 point c: wrote 0x000a, but it reads 0x0003');
    expect(await o.write({ mode: 2n, bit0: true })).toBe('modbus sink: unit 1 point mode: wrote 2, but it reads 0');
  });

  it('a bad value leaves the device untouched', async () => {
    const o = await open();
    expect(await o.write({ k0: true, a: 5n, far: 70_000n })).toBe('modbus sink: point far: 70000 is outside int16 (-32768 … 32767)');
    expect(o.asked()).toEqual([]);
  });

  it('plans: every column once, within the limits, side by side, overlapping ones in their order', () => {
    const point = (fn: 1 | 3, address: number, registers: number): Point => ({
      ...parseProfile('points: [{name: x, address: 1}]', 'x').points[0]!,
      fn,
      address,
      registers,
    });
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ fn: fc.constantFrom(1 as const, 3 as const), address: fc.nat(30), registers: fc.integer({ min: 1, max: 4 }) }),
          {
            maxLength: 25,
          },
        ),
        fc.integer({ min: 4, max: 9 }),
        (list, max) => {
          const writes = list.map(({ fn, address, registers }): PointWrite => {
            const p = point(fn, address, fn === 1 ? 1 : registers);
            return fn === 1 ? { kind: 'coil', point: p, on: true } : { kind: 'registers', point: p, bytes: Buffer.alloc(registers * 2) };
          });
          const groups = planWrites(writes, { maxRegisters: max, maxCoils: max, maxGap: 0 });
          expect(groups.flatMap((g) => g.members)).toHaveLength(writes.length);
          expect(new Set(groups.flatMap((g) => g.members))).toEqual(new Set(writes));
          for (const g of groups) {
            expect(g.count).toBeLessThanOrEqual(max);
            let end = g.address;
            for (const w of g.members) {
              expect(w.point.address).toBe(end);
              end += w.point.registers;
            }
            expect(end - g.address).toBe(g.count);
          }
          // what a register holds in the end is what one write after the other would leave
          const last = (order: readonly PointWrite[]) => {
            const cells = new Map<string, PointWrite>();
            for (const w of order) for (let i = 0; i < w.point.registers; i++) cells.set(`${w.kind} ${w.point.address + i}`, w);
            return cells;
          };
          expect(last(groups.flatMap((g) => g.members))).toEqual(last(writes));
        },
      ),
    );
  });
});
