// Requests of masters and the registers that answer them, without a network: limits, masks, ages, owners.
import { describe, expect, it } from 'vitest';
import { parseProfile } from '../../../../src/connectors/modbus/profile.ts';
import { UnitImage } from '../../../../src/connectors/modbus/server/image.ts';
import { exceptionTo, parseRequest, replyTo } from '../../../../src/connectors/modbus/server/request.ts';

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const code = (hex: string) => {
  const parsed = parseRequest(bytes(hex));
  return typeof parsed === 'number' ? parsed : 'taken';
};

// @covers issue:19#9
describe('requests of masters', () => {
  it.each([
    ['125 registers', '01 03 0000 007d', 'taken'],
    ['126 registers', '01 03 0000 007e', 3],
    ['no register', '01 04 0000 0000', 3],
    ['2000 coils', '01 01 0000 07d0', 'taken'],
    ['2001 coils', '01 02 0000 07d1', 3],
    ['the last register', '01 03 ffff 0001', 'taken'],
    ['one behind the last', '01 03 ffff 0002', 2],
    ['a byte too many', '01 03 0000 0001 00', 3],
    ['a byte too few', '01 03 0000 00', 3],
    ['a coil on', '01 05 0000 ff00', 'taken'],
    ['a coil half on', '01 05 0000 0001', 3],
    ['1968 coils written', `01 0f 0000 07b0 f6 ${'00'.repeat(246)}`, 'taken'],
    ['1969 coils written', `01 0f 0000 07b1 f7 ${'00'.repeat(247)}`, 3],
    ['123 registers written', `01 10 0000 007b f6 ${'00'.repeat(246)}`, 'taken'],
    ['124 registers written', `01 10 0000 007c f8 ${'00'.repeat(248)}`, 3],
    ['a size that is not the count', '01 10 0000 0001 04 0001', 3],
    ['data that is not the size', '01 10 0000 0001 02 0001 00', 3],
    ['a mask', '01 16 0000 00f2 0025', 'taken'],
    ['half a mask', '01 16 0000 00f2', 3],
    ['a function that is not served', '01 2b 0e01 00', 1],
  ])('%s: %s', (_what, hex, expected) => expect(code(hex)).toBe(expected));

  it('a reply repeats of a write what the standard says, and no more', () => {
    const many = bytes('07 10 0010 0002 04 00010002');
    expect(replyTo(many, { unit: 7, fn: 16, address: 16, count: 2 }, Buffer.alloc(0)).toString('hex')).toBe('071000100002');
    const one = bytes('07 06 0010 1234');
    const asked = parseRequest(one);
    expect(replyTo(one, asked as never, Buffer.alloc(0))).toEqual(one);
    expect(replyTo(bytes('07 03 0000 0001'), { unit: 7, fn: 3, address: 0, count: 1 }, bytes('abcd')).toString('hex')).toBe('070302abcd');
    expect(exceptionTo(many, 2).toString('hex')).toBe('079002');
  });
});

describe('the registers of a unit', () => {
  const profile = (text: string) => parseProfile(`points:\n${text}`, 'p').points;
  const read = (image: UnitImage, address: number, nowMs = 0, count = 1) => {
    const data = image.read({ unit: 1, fn: 3, address, count }, nowMs, false);
    return typeof data === 'number' ? data : data.toString('hex');
  };
  const two = profile('  - {name: a, address: 0, type: uint16, writable: true}\n  - {name: b, address: 1, type: uint16}\n');

  it('a value ends with its age, and with its owner, and no other', () => {
    const image = new UnitImage();
    image.join('p', two);
    const [rule, other] = [{}, {}];
    image.put(two[0]!, 5n, rule, 1000)();
    image.put(two[1]!, 6n, other, Number.POSITIVE_INFINITY)();
    expect([read(image, 0, 999), read(image, 0, 1000), read(image, 1, 1e9)]).toEqual(['0005', 4, '0006']);
    image.forget(rule);
    expect([read(image, 0, 0), read(image, 1, 0)]).toEqual([4, '0006']);
  });

  it('a mask changes the bits that it names and leaves the others', () => {
    const image = new UnitImage();
    image.join('p', two);
    image.put(two[0]!, 0x12n, {}, Number.POSITIVE_INFINITY)();
    // the example of the standard: and 0xF2, or 0x25 makes 0x17 of 0x12
    const write = image.write({ unit: 1, fn: 22, address: 0, count: 1, data: bytes('00f2 0025') }, 0, {});
    expect(write).toMatchObject({ row: { a: 0x17n } });
    if (typeof write !== 'number') write.keep();
    expect(read(image, 0)).toBe('0017');
    expect(image.write({ unit: 1, fn: 22, address: 9, count: 1, data: bytes('0000 0000') }, 0, {})).toBe(2);
  });

  it('what is not writable, or not served, is not written, also as a part of more', () => {
    const image = new UnitImage();
    image.join('p', two);
    const written = (address: number, hex: string) =>
      image.write({ unit: 1, fn: 16, address, count: bytes(hex).length / 2, data: bytes(hex) }, 0, {});
    expect([written(1, '0001'), written(0, '0001 0002'), written(5, '0001')]).toEqual([2, 2, 2]);
    expect(written(0, '0001')).toMatchObject({ row: { a: 1n } });
  });

  it('a point is there until its last user has left, and gives its register free', () => {
    const image = new UnitImage();
    const [first, second] = [image.join('p', two), image.join('p', two)];
    image.put(two[0]!, 1n, {}, Number.POSITIVE_INFINITY)();
    first();
    expect(read(image, 0)).toBe('0001');
    second();
    expect(read(image, 0)).toBe(2);
    expect(() => image.join('q', profile('  - {name: z, address: 0, type: uint16}\n'))).not.toThrow();
  });

  it('points that share a register by their bits are read together, and one without a value spoils the word', () => {
    const bits = profile('  - {name: l, address: 3, type: uint16, bit: 0}\n  - {name: h, address: 3, type: uint16, bit: 4, bits: 3}\n');
    const image = new UnitImage();
    image.join('p', bits);
    image.put(bits[0]!, true, {}, Number.POSITIVE_INFINITY)();
    expect(read(image, 3)).toBe(4);
    image.put(bits[1]!, 5n, {}, Number.POSITIVE_INFINITY)();
    expect(read(image, 3)).toBe('0051');
    expect(() => image.put(bits[1]!, 8n, {}, 0)).toThrow('8 does not fit into 3 bits');
  });

  it('what a device would send for "no value" stands where there is none: the greatest number too', () => {
    const points = parseProfile(
      'notAvailable: greatest\npoints:\n  - {name: i, address: 0, type: int16}\n  - {name: f, address: 1, type: float32}\n',
      'p',
    ).points;
    const image = new UnitImage();
    image.join('p', points);
    expect([read(image, 0), read(image, 1, 0, 2)]).toEqual(['7fff', '7fc00000']);
  });
});
