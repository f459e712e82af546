// SunSpec by discovery: the chain of models at each base, factors in the same request, values that stand for nothing. The registers are laid out here by the numbers of
// the standard, apart from the table of the source; pymodbus serves them.
import { afterEach, describe, expect, it } from 'vitest';
import { mergeBlocks } from '../../../../src/connectors/modbus/blocks.ts';
import { exceptionNames, ModbusException } from '../../../../src/connectors/modbus/frame.ts';
import { readPoint } from '../../../../src/connectors/modbus/point-value.ts';
import { createModbusSource } from '../../../../src/connectors/modbus/source.ts';
import { discoverSunSpec } from '../../../../src/connectors/modbus/sunspec/discover.ts';
import { pointsOf } from '../../../../src/connectors/modbus/sunspec/model-points.ts';
import { MODELS } from '../../../../src/connectors/modbus/sunspec/models.ts';
import type { Row } from '../../../../src/data/value.ts';
import { createTestContext } from '../../../helpers/connector-context.ts';
import { freePort } from '../../../helpers/free-port.ts';
import { until } from '../../../helpers/mosquitto.ts';
import { havePymodbus, startSunSpec } from '../pymodbus.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const NO = { int16: 0x8000, uint16: 0xffff };
/** @param at register (behind id and length) → words; everything else is "not implemented" */
function model(id: number, length: number, at: Readonly<Record<number, number | readonly number[]>>): number[] {
  const words = new Array<number>(length).fill(NO.uint16);
  for (const [place, value] of Object.entries(at))
    [value].flat().forEach((w, i) => void (words[Number(place) + i] = (w as number) & 0xffff));
  return [id, length, ...words];
}
const text = (s: string, registers: number) =>
  Array.from({ length: registers }, (_, i) => ((s.charCodeAt(i * 2) || 0) << 8) | (s.charCodeAt(i * 2 + 1) || 0));
const COMMON = model(1, 66, {
  0: text('KOSTAL', 16),
  16: text('Plenticore', 16),
  32: text('', 8),
  40: text('1.2', 8),
  48: text('SN4711', 16),
  64: 1,
  65: NO.int16,
});
/** Three phases, with factors and what a device without temperature and DC voltage sends (model 103). */
const INVERTER = model(103, 50, {
  0: 1234,
  1: 411,
  4: -2,
  8: 2286,
  9: 2291,
  10: 2279,
  11: -1,
  12: 2850,
  13: 0,
  14: 4998,
  15: -2,
  20: -985,
  21: -1,
  22: [0x0012, 0xd687],
  24: 0,
  25: NO.uint16,
  26: NO.int16,
  27: NO.uint16,
  28: -1,
  29: -12,
  30: 1,
  31: NO.int16,
  35: NO.int16,
  36: 4,
  38: [0, 0],
  40: [0xffff, 0xffff],
}); // prettier-ignore
const MPPT = model(160, 48, {
  0: -2,
  1: -1,
  2: 0,
  3: 0,
  4: [0, 0],
  6: 2,
  7: NO.uint16,
  8: 1,
  9: text('A', 8),
  17: 523,
  18: 6120,
  19: 3200,
  20: [0, 77],
  24: NO.int16,
  25: 4,
  26: [0, 0],
  28: 2,
  29: text('B', 8),
  37: 0,
  38: 12,
  39: 0,
  40: [0, 0],
  44: 31,
  45: 2,
  46: [0, 0],
});
const METER = model(203, 105, { 0: -150, 4: -1, 16: -345, 20: 1, 36: [0, 0], 44: [0x0001, 0x0000], 52: 2, 31: NO.int16, 35: NO.int16 });
const END = [0xffff, 0];
const chain = (base: number, ...models: number[][]) => ({ [base]: [0x5375, 0x6e53, ...models.flat(), ...END] });

/** A device that has these registers and no others. */
const device = (registers: Readonly<Record<number, readonly number[]>>) => {
  const asked: [number, number][] = [];
  const read = async ({ address, count }: { address: number; count: number }) => {
    asked.push([address, count]);
    for (const [from, words] of Object.entries(registers)) {
      const first = address - Number(from);
      if (first >= 0 && first + count <= words.length) {
        const b = Buffer.alloc(count * 2);
        for (let i = 0; i < count; i++) b.writeUInt16BE(words[first + i]! & 0xffff, i * 2);
        return b;
      }
    }
    throw new ModbusException(3, 2);
  };
  return { asked, read };
};
async function valuesOf(registers: Readonly<Record<number, readonly number[]>>) {
  const { read } = device(registers);
  const { profile, models } = await discoverSunSpec(read);
  const out: Record<string, unknown> = {};
  for (const block of mergeBlocks(profile.points, profile.limits)) {
    const data = await read(block);
    for (const p of block.points)
      try {
        out[p.name] = readPoint(p, block, data);
      } catch (error) {
        out[p.name] = (error as Error).message;
      }
  }
  return { out, models, profile };
}

describe('SunSpec by discovery', () => {
  it.each([40_000, 50_000, 0])('finds the chain at %i and reads it with factors, texts and values that stand for nothing', async (base) => {
    const { out, models } = await valuesOf(chain(base, COMMON, INVERTER, MPPT, METER));
    expect(models).toEqual([1, 103, 160, 203]);
    expect(out).toMatchObject({
      common_Mn: 'KOSTAL',
      common_Md: 'Plenticore',
      common_SN: 'SN4711',
      inverter_A: 12.34,
      inverter_AphA: 4.11,
      inverter_PhVphA: 228.6,
      inverter_W: 2850n,
      inverter_Hz: 49.98,
      inverter_PF: -98.5,
      inverter_WH: 1234567n,
      inverter_DCW: -120n,
      inverter_St: 'MPPT',
      // SunSpec's "not implemented": never a number, and never 0
      inverter_DCA: 'not available',
      inverter_DCV: 'not available',
      inverter_TmpCab: 'not available',
      inverter_Evt2: 'not available',
      mppt_N: 2n,
      mppt_1_IDStr: 'A',
      mppt_1_DCA: 5.23,
      mppt_1_DCV: 612,
      mppt_1_DCW: 3200n,
      mppt_2_DCA: 0,
      mppt_2_Tmp: 31n,
      mppt_2_DCSt: 'SLEEPING',
      mppt_1_Tmp: 'not available',
      // an accumulator of 0 has accumulated nothing
      mppt_2_DCWH: 'not available',
      meter_A: -15,
      meter_W: -3450n,
      meter_TotWhImp: 6553600n,
      meter_TotWhExp: 'not available',
    });
    expect(Object.keys(out).filter((k) => k.endsWith('_SF'))).toEqual([]);
  });

  it('reads value and factor in one request, in as few requests as their size allows', async () => {
    const { profile } = await valuesOf(chain(40_000, COMMON, INVERTER, MPPT, METER));
    const blocks = mergeBlocks(profile.points, profile.limits);
    for (const b of blocks) {
      expect(b.count).toBeLessThanOrEqual(125);
      for (const p of b.points.filter((x) => x.factor)) {
        expect(p.factor!.address).toBeGreaterThanOrEqual(b.address);
        expect(p.factor!.address).toBeLessThan(b.address + b.count);
      }
    }
    expect(blocks.length).toBeLessThanOrEqual(4);
  });

  it('a second model of a kind has names of its own, an unknown one is passed over', async () => {
    const { out, models } = await valuesOf(chain(40_000, COMMON, METER, model(64_999, 7, {}), METER));
    expect(models).toEqual([1, 203, 64_999, 203]);
    expect([out['meter_W'], out['meter2_W']]).toEqual([-3450n, -3450n]);
  });

  it('without a map, with a chain without end, and with a model that is too long it says so; a lost line is handed on', async () => {
    await expect(discoverSunSpec(device({ 40000: [1, 2, 3] }).read)).rejects.toThrow(
      'no SunSpec map: none of the registers 40000, 50000, 0 holds "SunS"',
    );
    await expect(discoverSunSpec(device(chain(0, ...new Array(70).fill(model(64_999, 1, {})))).read)).rejects.toThrow('has no end');
    await expect(discoverSunSpec(device({ 0: [0x5375, 0x6e53, 1, 0] }).read)).rejects.toThrow(
      'the SunSpec model 1 at 2 says that it has 0 registers',
    );
    await expect(discoverSunSpec(device(chain(0, model(64_999, 1, {}))).read)).rejects.toThrow('none of the SunSpec models 64999 is known');
    const lost = new Error('line lost');
    await expect(discoverSunSpec(() => Promise.reject(lost))).rejects.toBe(lost);
    expect(exceptionNames[2]).toBeDefined();
  });

  it('every known model has its points within its length, each register once', () => {
    const lengths: Record<number, number> = {
      1: 66,
      101: 50,
      102: 50,
      103: 50,
      111: 60,
      112: 60,
      113: 60,
      120: 26,
      121: 30,
      122: 44,
      123: 24,
      124: 24,
      160: 8 + 40,
      201: 105,
      202: 105,
      203: 105,
      204: 105,
      211: 124,
      212: 124,
      213: 124,
      214: 124,
      701: 153,
      702: 50,
      713: 7,
      714: 18 + 50,
    }; // prettier-ignore
    expect(Object.keys(MODELS).map(Number)).toEqual(Object.keys(lengths).map(Number));
    for (const [id, length] of Object.entries(lengths)) {
      const points = pointsOf(Number(id), 100, length, 1)!;
      const taken = new Set<number>();
      for (const p of points) {
        expect(p.address + p.registers, `${id} ${p.name}`).toBeLessThanOrEqual(100 + length);
        for (let r = p.address; r < p.address + p.registers; r++) {
          expect(taken.has(r), `${id} ${p.name}`).toBe(false);
          taken.add(r);
        }
      }
      expect(new Set(points.map((p) => p.name)).size).toBe(points.length);
    }
    // a model that is shorter than the standard's has the points that fit
    expect(pointsOf(103, 0, 12, 1)!.map((p) => p.name)).toEqual([
      'inverter_A',
      'inverter_AphA',
      'inverter_AphB',
      'inverter_AphC',
      'inverter_PPVphAB',
      'inverter_PPVphBC',
      'inverter_PPVphCA',
      'inverter_PhVphA',
      'inverter_PhVphB',
      'inverter_PhVphC',
    ]);
  });
});

describe.runIf(havePymodbus)('a stream with profile: sunspec', () => {
  // @covers issue:19#8
  it('waits for its device, finds the map at pymodbus, and gives rows', async () => {
    const port = await freePort();
    const ctx = createTestContext();
    const rows: Row[] = [];
    const source = createModbusSource();
    await source.configure!('', {
      profile: 'sunspec',
      host: '127.0.0.1',
      tcpPort: port,
      interval: 100,
      devices: [{ name: 'roof', unit: 1 }],
    });
    await source.open(
      ctx,
      (row) => void rows.push(row as Row),
      () => undefined,
    );
    closers.push(() => source.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'nobody there');
    expect(source.devices!().map((d) => d.name)).toEqual(['roof']);
    const server = await startSunSpec(port, chain(40_000, COMMON, INVERTER, MPPT, METER));
    closers.push(() => server.kill());
    await until(() => rows.some((r) => r['inverter_W'] !== undefined) && rows.some((r) => r['common_SN'] !== undefined), 'rows', 20_000);
    const row = Object.assign({}, ...rows) as Row;
    expect(row).toMatchObject({
      device: 'roof',
      common_SN: 'SN4711',
      inverter_W: 2850n,
      inverter_PhVphA: 228.6,
      inverter_TmpCab: null,
      meter_W: -3450n,
    });
    expect(source.devices!()).toMatchObject([{ name: 'roof', state: 'answering' }]);
  }, 30_000);
});
