// What profiles say beyond type and address: values that stand for nothing, powers of ten from the device, ranges, texts, signs, odd types and texts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halves, mergeBlocks } from '../../../src/connectors/modbus/blocks.ts';
import { readPoint, writeBytes } from '../../../src/connectors/modbus/point-value.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { decodeValue, encodeValue } from '../../../src/connectors/modbus/value-types.ts';

/** Values of all points of a profile out of these registers (16 bits each, signed or not, from address 0). */
function read(points: string, registers: readonly number[], more = ''): Record<string, unknown> {
  const profile = parseProfile(`${more}\npoints:\n${points}`, 'p.yaml');
  const data = Buffer.alloc(registers.length * 2);
  for (const [i, r] of registers.entries()) data.writeUInt16BE(r & 0xffff, i * 2);
  const out: Record<string, unknown> = {};
  for (const block of mergeBlocks(profile.points, profile.limits))
    for (const p of block.points)
      try {
        out[p.name] = readPoint(p, block, data.subarray(block.address * 2, (block.address + block.count) * 2));
      } catch (error) {
        out[p.name] = `bad: ${(error as Error).message}`;
      }
  return out;
}
const problems = (points: string, more = ''): string => {
  try {
    parseProfile(`${more}\npoints:\n${points}`, 'p.yaml');
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

// @covers issue:19#6 @covers finding:field#2.5
describe('values that stand for nothing', () => {
  it.each([
    ['int16', [0x8000]],
    ['uint16', [0xffff]],
    ['int32', [0x8000, 0]],
    ['uint32', [0xffff, 0xffff]],
    ['int64', [0x8000, 0, 0, 0]],
    ['uint64', [0xffff, 0xffff, 0xffff, 0xffff]],
  ])('SunSpec: %s', (type, registers) => {
    expect(read(`  - {name: v, address: 0, type: ${type}, notAvailable: sunspec}`, registers)).toEqual({ v: 'bad: not available' });
    // for all points of the profile
    expect(read(`  - {name: v, address: 0, type: ${type}}`, registers, 'notAvailable: sunspec')).toEqual({ v: 'bad: not available' });
    const other = registers.map((r, i) => (i === registers.length - 1 ? (r - 1) & 0xffff : r));
    expect(read(`  - {name: v, address: 0, type: ${type}, notAvailable: sunspec}`, other)['v']).not.toBe('bad: not available');
    expect(read(`  - {name: v, address: 0, type: ${type}, notAvailable: false}`, registers, 'notAvailable: sunspec')['v']).not.toBe(
      'bad: not available',
    );
  });

  it.each([
    ['int16', [0x7fff], [0x8000]],
    ['uint16', [0xffff], [0x7fff]],
    ['int32', [0x7fff, 0xffff], [0x8000, 0]],
    ['uint64', [0xffff, 0xffff, 0xffff, 0xffff], [0x7fff, 0xffff, 0xffff, 0xffff]],
  ])('the greatest number: %s', (type, registers, others) => {
    expect(read(`  - {name: v, address: 0, type: ${type}, notAvailable: greatest}`, registers)).toEqual({ v: 'bad: not available' });
    expect(read(`  - {name: v, address: 0, type: ${type}}`, others, 'notAvailable: greatest')['v']).not.toBe('bad: not available');
  });

  it('a name that objects have anyway is none of ours', () => {
    expect(problems('  - {name: v, address: 0, notAvailable: toString}')).toContain('notAvailable "toString": write sunspec, greatest,');
  });

  it('numbers of the user, as hex, negative or in a list', () => {
    const point = (value: string) => `  - {name: v, address: 0, type: int16, notAvailable: ${value}, scale: 0.1}`;
    expect(read(point('0x7FFF'), [0x7fff])).toEqual({ v: 'bad: not available' });
    expect(read(point('-1'), [0xffff])).toEqual({ v: 'bad: not available' });
    expect(read(point('[0x7FFF, 0x8000]'), [0x8000])).toEqual({ v: 'bad: not available' });
    expect(read(point('[0x7FFF, 0x8000]'), [0x7ffe])).toEqual({ v: 3276.6 });
    expect(read('  - {name: v, address: 0, type: uint32, notAvailable: 0}', [0, 0])).toEqual({ v: 'bad: not available' });
  });

  it('what is no such value is refused with file, line and point', () => {
    expect(problems('  - {name: v, address: 0, notAvailable: maybe}')).toBe(
      'p.yaml:3: point "v": notAvailable "maybe": write sunspec, greatest, a whole number or a list of them (for types with registers of a fixed number)',
    );
    expect(problems('  - {name: v, address: 0, type: bcd16, notAvailable: sunspec}')).toContain('bcd16 has no value of its own for that');
  });
});

describe('powers of ten from the device', () => {
  const points =
    '  - {name: a, address: 0, type: uint16, scaleFrom: a_sf, notAvailable: sunspec}\n  - {name: a_sf, address: 1, type: int16}';
  it.each([
    [[2286, -1], 228.6],
    [[2286, 0], 2286n],
    [[2286, 2], 228_600n],
    [[1, -3], 0.001],
    [[0xfffe, -2], 655.34],
  ])('registers %j are %s exactly', (registers, value) => {
    expect(read(points, registers)['a']).toBe(value);
  });

  it('no value, no factor, or an impossible one: never a number', () => {
    expect(read(points, [0xffff, -1])['a']).toBe('bad: not available');
    expect(read(points, [2286, 0x8000])['a']).toBe('bad: not available (its factor a_sf has no value)');
    expect(read(points, [2286, 300])['a']).toBe('bad: its factor a_sf is 300, which is not a power of ten');
  });

  it('value and factor are read in one request, however far they lie apart', () => {
    const far =
      '  - {name: x, address: 0}\n  - {name: a, address: 2, type: uint16, scaleFrom: sf}\n  - {name: sf, address: 40, type: int16}\n  - {name: y, address: 90}';
    const profile = parseProfile(`points:\n${far}`, 'p.yaml');
    const blocks = mergeBlocks(profile.points, profile.limits);
    expect(blocks.map((b) => [b.address, b.count, b.points.map((p) => p.name)])).toEqual([
      [0, 1, ['x']],
      [2, 39, ['a', 'sf']],
      [90, 1, ['y']],
    ]);
    // also when the device refuses the block and it is halved, the value is not read without its factor
    const [first, second] = halves(blocks[1]!)!;
    expect(first.points.map((p) => p.name)).toEqual(['a']);
    expect([first.address, first.count, second.address, second.count]).toEqual([2, 39, 40, 1]);
  });

  it('what cannot be read together, or is not a factor, is refused', () => {
    expect(problems('  - {name: a, address: 0, scaleFrom: sf}')).toBe('p.yaml:3: point "a": scaleFrom "sf": there is no such point');
    expect(problems('  - {name: a, address: 0, scaleFrom: sf}\n  - {name: sf, address: 200}')).toContain(
      'value and factor must be read in one request, and these are 201 registers apart (limit 125)',
    );
    expect(problems('  - {name: a, address: 0, scaleFrom: sf}\n  - {name: sf, function: input, address: 1}')).toContain(
      'of different functions',
    );
    expect(problems('  - {name: a, address: 0, scale: 2, scaleFrom: sf}\n  - {name: sf, address: 1}')).toContain(
      'scale and scaleFrom exclude each other',
    );
    expect(problems('  - {name: a, address: 0, scaleFrom: sf}\n  - {name: sf, address: 1, type: float32}')).toContain(
      'the factor must be an integer',
    );
  });

  it('writing divides by the factor, so that what is written is what is read', () => {
    const profile = parseProfile(
      `points:\n  - {name: a, address: 0, type: int16, scaleFrom: sf, writable: true}\n  - {name: sf, address: 1}`,
      'p.yaml',
    );
    const point = profile.points[0]!;
    const block = { fn: 3 as const, address: 0, count: 2, points: profile.points };
    fc.assert(
      fc.property(fc.integer({ min: -32_768, max: 32_767 }), fc.integer({ min: -6, max: 0 }), (raw, power) => {
        const registers = Buffer.alloc(4);
        registers.writeInt16BE(raw, 0);
        registers.writeInt16BE(power, 2);
        const value = readPoint(point, block, registers);
        expect(writeBytes(point, value, power)).toEqual(registers.subarray(0, 2));
      }),
    );
    expect(() => writeBytes(point, 40_000, 0)).toThrow('40000 is outside int16');
  });
});

describe('ranges, texts and signs', () => {
  it('a value outside its range is bad, and is not written', () => {
    const point = '  - {name: t, address: 0, type: int16, scale: 0.1, min: -40, max: 85, writable: true}';
    expect(read(point, [850])).toEqual({ t: 85 });
    expect(read(point, [851])).toEqual({ t: 'bad: 85.1 is outside -40 to 85' });
    expect(read(point, [-400])).toEqual({ t: -40 });
    expect(read(point, [-401])).toEqual({ t: 'bad: -40.1 is outside -40 to 85' });
    const [p] = parseProfile(`points:\n${point}`, 'p.yaml').points;
    expect(() => writeBytes(p!, 86)).toThrow('86 is outside -40 to 85');
    expect(problems('  - {name: t, address: 0, min: 5, max: 4}')).toContain('min 5 is above max 4');
  });

  it('states have texts, read and written; a number without a text stays one', () => {
    const point = '  - {name: s, address: 0, type: uint16, texts: {0: off, 1: on, 0x10: fault}, writable: true}';
    expect([0, 1, 16, 7].map((n) => read(point, [n])['s'])).toEqual(['off', 'on', 'fault', '7']);
    const [p] = parseProfile(`points:\n${point}`, 'p.yaml').points;
    expect(writeBytes(p!, 'fault')).toEqual(Buffer.from([0, 16]));
    expect(() => writeBytes(p!, 'broken')).toThrow('"broken" is none of its texts (off, on, fault)');
    expect(read('  - {name: m, address: 0, type: uint16, bit: 4, bits: 3, texts: {5: night}}', [0x5f])).toEqual({ m: 'night' });
  });

  it('bits have names', () => {
    const point = '  - {name: alarms, address: 0, type: uint32, flags: {0: grid, 3: fan, 31: door}}';
    expect(read(point, [0x8000, 0x0008])).toEqual({ alarms: ['fan', 'door'] });
    expect(read(point, [0, 0])).toEqual({ alarms: [] });
    expect(problems('  - {name: a, address: 0, type: float32, flags: {0: x}}')).toContain(
      'texts and flags are for integers, not for float32',
    );
    expect(problems('  - {name: a, address: 0, texts: {x: y}}')).toContain('texts: "x" must be a whole number with a text');
  });

  it('sign and amount', () => {
    const point = (type: string) => `  - {name: p, address: 0, type: ${type}, signMagnitude: true, writable: true}`;
    expect(read(point('int16'), [0x8005])).toEqual({ p: -5n });
    expect(read(point('int16'), [5])).toEqual({ p: 5n });
    expect(read(point('uint32'), [0x8000, 700])).toEqual({ p: -700n });
    for (const type of ['int16', 'uint16', 'int32', 'uint32']) {
      const profile = parseProfile(`points:\n${point(type)}`, 'p.yaml');
      const p = profile.points[0]!;
      for (const v of [0n, 1n, -1n, 32_767n, -32_767n]) {
        const bytes = writeBytes(p, v);
        expect(readPoint(p, { fn: 3, address: 0, count: p.registers, points: [p] }, bytes)).toBe(v);
      }
    }
    const [narrow] = parseProfile(`points:\n${point('int16')}`, 'p.yaml').points;
    expect(() => writeBytes(narrow!, 32_768n)).toThrow('32768 does not fit into 15 bits and a sign');
  });
});

describe('types and orders of real maps', () => {
  it.each([
    ['int8', [0x12fb], -5n],
    ['uint8', [0x12fb], 0xfbn],
    ['int24', [0x00ff, 0xfffb], -5n],
    ['uint24', [0x0012, 0x3456], 0x123456n],
    ['int48', [0xffff, 0xffff, 0xfffb], -5n],
    ['uint48', [0x0001, 0x0000, 0x0002], 0x1_0000_0002n],
    ['bcd48', [0x1234, 0x5678, 0x9012], 123_456_789_012n],
    ['bcd64', [0x0000, 0x0012, 0x3456, 0x7890], 1_234_567_890n],
    ['mod10k32', [12, 3456], 123_456n],
    ['mod10k48', [1, 2, 3], 100_020_003n],
  ])('%s', (type, registers, value) => {
    expect(read(`  - {name: v, address: 0, type: ${type}}`, registers)).toEqual({ v: value });
  });

  it('any order of 8 or 6 bytes, there and back', () => {
    expect(read('  - {name: v, address: 0, type: uint64, order: EFGHABCD}', [0, 2, 0, 1])).toEqual({ v: 0x1_0000_0002n });
    const letters = fc.shuffledSubarray([...'ABCDEFGH'], { minLength: 8, maxLength: 8 }).map((l) => l.join(''));
    fc.assert(
      fc.property(letters, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (order, v) => {
        const bytes = encodeValue(v, 'int64', order, 4);
        expect(decodeValue(bytes, 'int64', order)).toBe(v);
        // the letter at a place says which byte lies there, A the most significant
        const big = encodeValue(v, 'int64', 'ABCD', 4);
        for (let i = 0; i < 8; i++) expect(bytes[i]).toBe(big[order.charCodeAt(i) - 65]);
      }),
    );
    expect(problems('  - {name: v, address: 0, type: uint32, order: EFGHABCD}')).toContain(
      'order EFGHABCD is for 8 bytes, and uint32 has 4',
    );
    expect(problems('  - {name: v, address: 0, type: uint64, order: AACDEFGH}')).toContain('order "AACDEFGH"');
  });

  const text = (bytes: number[] | string) =>
    decodeValue(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes), 'string', 'ABCD');
  it.each([
    ['leading NULs', '\0\0SN42\0\0', 'SN42'],
    ['one character in each register', '\0A\0B\0C', 'ABC'],
    ['filled up with FF', 'ABC123\xff\xff\xff\xff', 'ABC123'],
    ['Latin-1', 'Au\xdfen \xb0C', 'Außen °C'],
    ['UTF-8', Buffer.from('Außen °C').toString('latin1'), 'Außen °C'],
    ['an end in the middle', 'AB\0\0xyz\0', 'AB'],
    ['nothing', '\0\0\0\0', ''],
    ['all FF', '\xff\xff\xff\xff', ''],
  ])('texts: %s', (_name, bytes, value) => {
    expect(text(bytes)).toBe(value);
  });
});
