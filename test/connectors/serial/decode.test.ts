// Numbers in frames of instruments: odd widths, BCD, digits as text, decimal commas, signs apart, exact scaling.
import { describe, expect, it } from 'vitest';
import { compileNamedGroups } from '../../../src/connectors/serial/decode/named-groups.ts';
import { numberOf } from '../../../src/connectors/serial/decode/number-text.ts';
import { compileLayout } from '../../../src/connectors/serial/decode/struct.ts';

const value = (field: Record<string, unknown>, hex: string) =>
  compileLayout([{ name: 'v', offset: 0, ...field }])(Buffer.from(hex, 'hex'))['v'];

// @covers issue:19#6 @covers finding:field#2.9
describe('a layout', () => {
  it.each([
    [{ type: 'int24' }, 'fffffe', -2n],
    [{ type: 'uint24', byteOrder: 'little' }, '010203', 0x030201n],
    [{ type: 'int48' }, 'ffffffffff00', -256n],
    [{ type: 'uint48', byteOrder: 'little' }, '000000000080', 0x800000000000n],
    [{ type: 'bcd16' }, '1234', 1234n],
    [{ type: 'bcd32', byteOrder: 'little' }, '78563412', 12345678n],
    [{ type: 'bcd24', scale: 0.01 }, '012345', 123.45],
    [{ type: 'number', length: 6 }, '2d2031322e35', -12.5],
    [{ type: 'number', length: 5 }, '3030303432', 42n],
    [{ type: 'number', length: 5, scale: 0.1 }, '3030303432', 4.2],
    [{ type: 'hex', length: 4 }, '30314646', 511n],
    [{ type: 'int8', scale: 0.1 }, 'cb', -5.3],
    [{ type: 'uint16', scale: 0.001, add: -40 }, '0929', -37.655],
    [{ type: 'bcd16', offset: -2 }, '00001234', 1234n],
  ])('%j of %s', (field, hex, expected) => {
    expect(value(field, hex)).toBe(expected);
  });

  it('bytes that are no number of the type are an error of the frame', () => {
    expect(() => value({ type: 'bcd16' }, '12a4')).toThrow('0x12a4 is not BCD');
    expect(() => value({ type: 'number', length: 3 }, '31782e')).toThrow('"1x." is not a number');
    expect(() => value({ type: 'hex', length: 2 }, '3147')).toThrow('"1G" is not hex');
    expect(() => value({ type: 'int24' }, '0102')).toThrow('too short');
    expect(() => compileLayout([{ name: 'v', offset: 0, type: 'number' }])).toThrow('type number needs length');
  });
});

describe('numbers as text', () => {
  it.each([
    ['12,345', 12.345],
    ['-   29.186', -29.186],
    ['+ 7', 7n],
    ['  0012 ', 12n],
    ['.5', 0.5],
    ['1.5e3', 1500],
    ['-0', 0n],
    ['123456789012345678901', 1.2345678901234568e20],
  ])('%j is %s', (text, expected) => {
    expect(numberOf(text)).toBe(expected);
  });
  it.each(['', ' ', '-', '1,234,567', '1.234,5', '1 2', '0x10', 'NaN', '1e', '--1', '1-'])('%j is none', (text) => {
    expect(numberOf(text)).toBeUndefined();
  });
  it('groups of a pattern read them, and __int takes whole numbers only', () => {
    const read = (pattern: string, text: string) => compileNamedGroups(pattern)(Buffer.from(text))['v'];
    expect(read('W(?P<v__float>.*)kg', 'W-   29.186kg')).toBe(-29.186);
    expect(read('W(?P<v__float>.*)kg', 'W12,345kg')).toBe(12.345);
    expect(read('W(?P<v__float>.*)kg', 'W7kg')).toBe(7);
    expect(read('W(?P<v__int>.*)kg', 'W- 7kg')).toBe(-7n);
    expect(read('W(?P<v__int>.*)kg', 'W123456789012345678901kg')).toBe(123456789012345678901n);
    expect(() => read('W(?P<v__int>.*)kg', 'W7.0kg')).toThrow('is no whole number');
  });
});
