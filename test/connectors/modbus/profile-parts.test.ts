// Profiles beyond registers in a row: dates, sums, registers apart, other profiles, parameters, what a device needs.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { mergeBlocks } from '../../../src/connectors/modbus/blocks.ts';
import { parseDevices, type SourceProps, withConnectDelay, withProfileDefaults } from '../../../src/connectors/modbus/options.ts';
import { readPoint } from '../../../src/connectors/modbus/point-value.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { loadProfile } from '../../../src/connectors/modbus/profile-file.ts';
import { sumOf } from '../../../src/connectors/modbus/profile-values.ts';
import { createModbusSource } from '../../../src/connectors/modbus/source.ts';
import { decodeValue } from '../../../src/connectors/modbus/value-types.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { createSimulatedBus } from './simulated-bus.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const problems = (text: string, context = {}): string => {
  try {
    parseProfile(text, 'p.yaml', context);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
function folder(files: Record<string, string>): string {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-profiles-'));
  closers.push(() => rmSync(root, { recursive: true, force: true }));
  mkdirSync(join(root, 'etc/sources/modbus'), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, `etc/sources/modbus/${name}.yaml`), text);
  return root;
}

// @covers finding:field#2.9
describe('dates of devices', () => {
  it.each([
    ['epoch32', '65b8d780', '2024-01-30T11:03:28Z'],
    // year month, day hour, minute second
    ['datetime48', '18021d173b3a', '2024-02-29T23:59:58'],
    ['datetime96', '07e80002001d0017003b003a', '2024-02-29T23:59:58'],
    ['datetime96', '00180002001d0017003b003a', '2024-02-29T23:59:58'],
    // IEC 870-5-4: year; month and day; hour and minute; milliseconds
    ['datetime64', '0018021d173be678', '2024-02-29T23:59:59'],
    ['datetime64', '001802bd173be29a', '2024-02-29T23:59:58.010'],
  ] as const)('%s %s', (type, hex, text) => {
    expect(decodeValue(Buffer.from(hex, 'hex'), type, 'ABCD')).toBe(text);
  });

  it.each([
    ['datetime48', '000000000000'],
    ['datetime48', '17021d000000'],
    ['datetime48', '1801011800ff'],
    ['datetime64', '0018021d17bbe678'],
    ['datetime96', 'ffffffffffffffffffffffff'],
  ] as const)('%s %s is none: an error, never a date that is made up', (type, hex) => {
    expect(() => decodeValue(Buffer.from(hex, 'hex'), type, 'ABCD')).toThrow(`0x${hex} is not a date`);
  });

  it('are read only', () => {
    expect(problems('points: [{name: a, address: 0, type: epoch32, writable: true}]')).toMatch(
      /registers apart and dates cannot be written/,
    );
  });
});

describe('registers that lie apart', () => {
  const read = (points: string, registers: readonly number[]) => {
    const profile = parseProfile(`points: ${points}`, 'p.yaml');
    const data = Buffer.alloc(registers.length * 2);
    for (const [i, r] of registers.entries()) data.writeUInt16BE(r, i * 2);
    const blocks = mergeBlocks(profile.points, profile.limits);
    const [block] = blocks;
    return { blocks, values: block!.points.map((p) => readPoint(p, block!, data.subarray(block!.address * 2))) };
  };
  it('are one value in the order that is written, read in one request', () => {
    const { blocks, values } = read(
      '[{name: low, address: 2, type: uint16}, {name: e, address: [5, 1], type: uint32, scale: 0.1}]',
      [0, 57920, 9, 0, 0, 1],
    );
    expect(blocks).toMatchObject([{ address: 1, count: 5 }]);
    expect(values).toEqual([12345.6, 9n]);
  });
  it.each([
    ['[{name: a, address: [1], type: uint32}]', /a list has one 0-based address for each of the 2 registers of uint32/],
    ['[{name: a, address: [1, 200], type: uint32}]', /must be read in one request, and limits allow 125/],
    ['[{name: a, address: [1, 3], type: uint32, writable: true}]', /registers apart and dates cannot be written/],
    ['[{name: a, address: [1, x], type: uint32}]', /a list has one 0-based address/],
  ])('%s is refused', (points, words) => {
    expect(problems(`points: ${points}`)).toMatch(words);
  });
});

describe('sums of points', () => {
  it('are exact, whole where all parts are, and null with the name of the part that is missing', async () => {
    const root = folder({
      m: 'points:\n  - {name: a, address: 1, type: int16, scale: 0.1}\n  - {name: b, address: 2, type: int16, scale: 0.1}\n  - {name: n, address: 3, type: int16, notAvailable: 0x8000}\n  - {name: both, sum: [a, -b], unit: W}\n  - {name: all, sum: [a, n]}',
    });
    const sim = createSimulatedBus([1]);
    closers.push(() => sim.bus.close());
    const rows: Row[] = [];
    const metas: Record<string, unknown>[] = [];
    const ctx = Object.assign(createTestContext(), {
      getRootPath: () => root,
      clock: sim.clock,
      connections: { acquire: () => sim.bus as never, release: () => undefined },
    });
    const source = createModbusSource();
    await source.configure!('m', { protocol: 'rtu-over-tcp', host: 'x', timeout: 100, retries: 0 });
    const holding = sim.plc.units.get(1)!.holding;
    [holding[1], holding[2], holding[3]] = [3, 1, 0x8000];
    await source.open(
      ctx,
      (row, meta) => {
        rows.push(row as Row);
        metas.push(meta as Record<string, unknown>);
      },
      () => undefined,
    );
    closers.push(() => source.close(ctx));
    await sim.clock.advance(1000);
    expect(rows[0]).toEqual({ device: 'm', a: 0.3, b: 0.1, n: null, both: 0.2, all: null });
    expect((metas[0]!['quality'] as Record<string, string>)['all']).toBe('bad: its part n: not available');
    expect((metas[0]!['quality'] as Record<string, string>)['both']).toBe('good');
  });

  it('never lose digits of whole numbers', () => {
    const terms = [
      { name: 'a', sign: 1 },
      { name: 'b', sign: -1 },
    ] as const;
    expect(sumOf(terms, (n) => (n === 'a' ? 2n ** 60n : 1n))).toBe(2n ** 60n - 1n);
    expect(sumOf(terms, (n) => (n === 'a' ? 0.3 : 1n))).toBe(-0.7);
    expect(() => sumOf(terms, (n) => (n === 'a' ? 2n ** 63n - 1n : -1n))).toThrow("larger than SQL's bigint");
  });

  it.each([
    ['[{name: a, address: 1}, {name: s, sum: [a]}]', /sum: a list of at least two points/],
    ['[{name: a, address: 1}, {name: s, sum: [a, b]}]', /point "s": sum of b: there is no such point/],
    ['[{name: a, address: 1}, {name: s, sum: [a, a]}, {name: t, sum: [a, s]}]', /point "t": sum of s: it is a sum itself/],
    ['[{name: a, address: 1}, {name: s, sum: [a, a], address: 5}]', /sum and address exclude each other/],
  ])('%s is refused', (points, words) => {
    expect(problems(`points: ${points}`)).toMatch(words);
  });
  it('of points of another interval are refused', () => {
    expect(
      problems('intervals: {slow: 10s}\npoints: [{name: a, address: 1}, {name: b, address: 2, interval: slow}, {name: s, sum: [a, b]}]'),
    ).toMatch(/point "s": sum of b: it is read in another interval/);
  });
});

describe('a profile that extends another one', () => {
  const base =
    'limits: {maxRegisters: 50}\nintervals: {slow: 10s}\ndefaults: {gap: 20ms, retries: 3}\npoints: [{name: a, address: 1}, {name: b, address: 2}, {name: c, address: 3, interval: slow}]';
  it('has its points, without those that it leaves out or writes anew, and its limits', () => {
    const root = folder({
      base,
      own: 'extends: base\nwithout: [c]\ndefaults: {gap: 50ms}\npoints: [{name: b, address: 20}, {name: d, address: 4, interval: slow}]',
    });
    const p = loadProfile(root, 'own');
    expect(p.points.map((x) => [x.name, x.address])).toEqual([
      ['a', 1],
      ['b', 20],
      ['d', 4],
    ]);
    expect(p.limits.maxRegisters).toBe(50);
    expect(p.defaults).toEqual({ gapMs: 50, retries: 3 });
    expect(loadProfile(folder({ base, only: 'extends: base\nlimits: {maxRegisters: 8}' }), 'only')).toMatchObject({
      limits: { maxRegisters: 8 },
      points: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
    });
  });
  it.each([
    ['extends: none\npoints: [{name: x, address: 1}]', /extends none: profile none: there is no file/],
    ['extends: own', /profiles extend each other in a circle: own → own/],
    ['extends: base\nwithout: [z]', /without: .*base\.yaml has no point z/],
    ['without: [z]\npoints: [{name: x, address: 1}]', /without: a list of points of the profile that is extended/],
  ])('%s is refused', (own, words) => {
    expect(() => loadProfile(folder({ base, own }), 'own')).toThrow(words);
  });
});

describe('parameters of a profile', () => {
  const text =
    'parameters: {base: 100, unit: W, fast: 1s}\nintervals: {x: "${fast}"}\npoints: [{name: a, address: "${base}"}, {name: b, address: "${base} + 3", unit: "k${unit}"}]';
  it('have defaults, and values of the stream', () => {
    const of = (parameters: Record<string, unknown>) => {
      const p = parseProfile(text, 'p.yaml', { parameters });
      return [p.points.map((x) => x.address), p.points[1]!.unit, p.intervalsMs['x']];
    };
    expect(of({})).toEqual([[100, 103], 'kW', 1000]);
    expect(of({ base: 5, unit: 'VA', fast: '2s' })).toEqual([[5, 8], 'kVA', 2000]);
  });
  it('that are unknown or of another kind are refused', () => {
    expect(problems(text, { parameters: { bass: 5 } })).toMatch(/there is no parameter bass; base, unit, fast/);
    expect(problems(text, { parameters: { base: 'x' } })).toMatch(/parameter base: "x" is not a number, as its default is/);
    expect(problems('points: [{name: a, address: "${x}"}]')).toMatch(/there is no parameter x in parameters/);
  });
});

describe('what a profile says of its device', () => {
  const parsed = (raw: Record<string, unknown>) =>
    parseDevices(
      {
        protocol: 'rtu',
        timeoutMs: 1000,
        retries: 1,
        quietMs: 1000,
        gapMs: 0,
        profile: 'm',
        unit: 1,
        parameters: {},
        devices: [],
        ...raw,
      } as unknown as SourceProps & { devices: unknown },
      '',
      raw,
    )[0]!;
  const profile = parseProfile('defaults: {timeout: 3s, retries: 4, gap: 30ms, connectDelay: 2s}\npoints: [{name: a, address: 1}]', 'p');
  it('holds where the stream says nothing, and a late reply has as long as the time-out', () => {
    expect(withProfileDefaults(parsed({}), profile, 'rtu').settings).toEqual({ timeoutMs: 3000, retries: 4, quietMs: 3000, gapMs: 30 });
    expect(withProfileDefaults(parsed({}), profile, 'tcp').settings.quietMs).toBe(1000);
    expect(withProfileDefaults(parsed({ timeout: 500, timeoutMs: 500, gap: 0 }), profile, 'rtu').settings).toMatchObject({
      timeoutMs: 500,
      gapMs: 0,
      retries: 4,
    });
    expect(withConnectDelay({ connectDelayMs: 0 } as SourceProps, {}, [profile]).connectDelayMs).toBe(2000);
    expect(withConnectDelay({ connectDelayMs: 0 } as SourceProps, { connectDelay: 0 }, [profile]).connectDelayMs).toBe(0);
  });
  it.each([
    ['defaults: {timeouts: 3s}', /defaults: unknown key "timeouts"; known are timeout, quietTime, gap, connectDelay, retries/],
    ['defaults: {timeout: x}', /defaults: timeout: /],
    ['defaults: {retries: 11}', /defaults: retries "11": a whole number from 0 to 10/],
    ['defaults: 5', /defaults: a map of/],
  ])('%s is refused', (text, words) => {
    expect(problems(`${text}\npoints: [{name: a, address: 1}]`)).toMatch(words);
  });
});
