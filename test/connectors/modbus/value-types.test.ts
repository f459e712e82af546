// Register bytes and values: encode and decode are inverse for every type and order; what does not fit is an error, never another value.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPoint, writeBytes } from '../../../src/connectors/modbus/point-value.ts';
import { parseProfile } from '../../../src/connectors/modbus/profile.ts';
import { type DateType, isDateType } from '../../../src/connectors/modbus/profile-values.ts';
import {
  byteOrders,
  decodeValue,
  encodeValue,
  registersOf,
  type ValueType,
  valueTypes,
} from '../../../src/connectors/modbus/value-types.ts';
import type { Value } from '../../../src/data/value.ts';

const int = (min: bigint, max: bigint) => fc.bigInt({ min, max });
/** Dates are read only: profile-parts.test.ts. */
const arbitrary: Record<Exclude<ValueType, DateType>, fc.Arbitrary<Value>> = {
  bool: fc.boolean(),
  int16: int(-(2n ** 15n), 2n ** 15n - 1n),
  uint16: int(0n, 2n ** 16n - 1n),
  int32: int(-(2n ** 31n), 2n ** 31n - 1n),
  uint32: int(0n, 2n ** 32n - 1n),
  int64: int(-(2n ** 63n), 2n ** 63n - 1n),
  // SQL's bigint ends at 2^63-1
  uint64: int(0n, 2n ** 63n - 1n),
  float16: fc.integer({ min: 0, max: 0xffff }).map((bits) => new Float16Array(new Uint16Array([bits]).buffer)[0]!),
  float32: fc.float({ noNaN: true }),
  float64: fc.double({ noNaN: true }),
  string: fc.string({ unit: fc.constantFrom(...'abcXYZ 019-'), maxLength: 8 }).map((s) => s.trimEnd()),
  bcd16: int(0n, 9999n),
  bcd32: int(0n, 99_999_999n),
  bcd48: int(0n, 999_999_999_999n),
  bcd64: int(0n, 9_999_999_999_999_999n),
  int8: int(-128n, 127n),
  uint8: int(0n, 255n),
  int24: int(-(2n ** 23n), 2n ** 23n - 1n),
  uint24: int(0n, 2n ** 24n - 1n),
  int48: int(-(2n ** 47n), 2n ** 47n - 1n),
  uint48: int(0n, 2n ** 48n - 1n),
  mod10k32: int(-99_999_999n, 99_999_999n),
  mod10k48: int(-999_999_999_999n, 999_999_999_999n),
  mod10k64: int(-9_999_999_999_999_999n, 9_999_999_999_999_999n),
};

const written = valueTypes.filter((t): t is Exclude<ValueType, DateType> => !isDateType(t));

describe('modbus values', () => {
  it.each(written.flatMap((t) => byteOrders.map((o) => [t, o] as const)))('decode ∘ encode is the same: %s %s', (type, order) => {
    const registers = type === 'string' ? 4 : registersOf[type];
    fc.assert(
      fc.property(
        arbitrary[type].filter((v) => !(typeof v === 'number' && Number.isNaN(v))),
        (v) => {
          const bytes = encodeValue(v, type, order, registers);
          expect(bytes.length).toBe(registers * 2);
          expect(decodeValue(bytes, type, order)).toEqual(v);
        },
      ),
    );
  });

  it.each<[ValueType, Value]>([
    ['int16', 40_000n],
    ['uint16', -1n],
    ['int32', 2n ** 31n],
    ['uint32', 2n ** 32n],
    ['uint64', -1n],
    ['int16', 1.5],
    ['int16', 'x'],
    ['float32', 1e300],
    ['float32', 'x'],
    ['bcd16', 10_000n],
    ['bcd16', -1n],
    ['bool', 1n],
    ['string', 'too long for it'],
  ])('refuses what does not fit: %s %s', (type, value) => {
    expect(() => encodeValue(value, type, 'ABCD', type === 'string' ? 2 : registersOf[type as 'int16'])).toThrow(/.+/);
  });

  it('bytes that are not a value are an error: BCD digits above 9, uint64 above SQL', () => {
    expect(() => decodeValue(Buffer.from('12a4', 'hex'), 'bcd16', 'ABCD')).toThrow('0x12a4 is not BCD');
    expect(() => decodeValue(Buffer.alloc(8, 0xff), 'uint64', 'ABCD')).toThrow(/larger than SQL's bigint/);
  });

  it('scale and offset keep 64-bit integers exact, and write back what was read', () => {
    const [exact, tenth, nan] = parseProfile(
      'points: [{name: a, address: 0, type: int64, scale: 3, offset: 1}, {name: b, address: 4, type: int16, scale: 0.1}, {name: c, address: 5, type: float32}]',
      'x',
    ).points;
    const raw = 2n ** 60n + 1n;
    const bytes = encodeValue(raw, 'int64', 'ABCD', 4);
    const value = readPoint(exact!, { fn: 3, address: 0, count: 4, points: [] }, bytes);
    expect(value).toBe(raw * 3n + 1n);
    expect(writeBytes(exact!, value)).toEqual(bytes);
    expect(readPoint(tenth!, { fn: 3, address: 4, count: 1, points: [] }, Buffer.from([0, 231]))).toBe(23.1);
    expect(writeBytes(tenth!, 23.1)).toEqual(Buffer.from([0, 231]));
    expect(() => readPoint(nan!, { fn: 3, address: 5, count: 2, points: [] }, Buffer.from('7fc00000', 'hex'))).toThrow(
      'the device sends NaN',
    );
  });
});
