// Register bytes ↔ values: every type in every byte order, 64-bit integers exact. One table, used by reading and writing. No value is ever made up: bytes in,
// value out, or an error.
import type { Value } from '../../data/value.ts';

export const valueTypes = [
  'bool',
  'int16',
  'uint16',
  'int32',
  'uint32',
  'int64',
  'uint64',
  'float16',
  'float32',
  'float64',
  'string',
  'bcd16',
  'bcd32',
] as const;
export type ValueType = (typeof valueTypes)[number];

/** Order of the bytes of a value, A the most significant: ABCD big-endian, DCBA little-endian, CDAB words swapped, BADC bytes swapped. */
export const byteOrders = ['ABCD', 'DCBA', 'CDAB', 'BADC'] as const;
export type ByteOrder = (typeof byteOrders)[number];

/** Registers that a value takes; strings say it themselves. */
export const registersOf: Readonly<Record<Exclude<ValueType, 'string'>, number>> = {
  bool: 1,
  int16: 1,
  uint16: 1,
  bcd16: 1,
  float16: 1,
  int32: 2,
  uint32: 2,
  float32: 2,
  bcd32: 2,
  int64: 4,
  uint64: 4,
  float64: 4,
};

/** Brings the bytes of a value into big-endian order, and back (each order is its own inverse). */
export function reorder(bytes: Buffer, order: ByteOrder): Buffer {
  if (order === 'ABCD') return bytes;
  const out = Buffer.from(bytes);
  if (order === 'DCBA') return out.reverse();
  if (order === 'BADC') return out.swap16();
  // words in reverse order, bytes within them as they are
  for (let i = 0; i < bytes.length; i += 2) bytes.copy(out, bytes.length - 2 - i, i, i + 2);
  return out;
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

function numberToHalf(v: number): number {
  // Float16Array rounds as IEEE 754 says
  const half = new Float16Array([v]);
  return new Uint16Array(half.buffer)[0]!;
}

function fromBcd(bytes: Buffer): bigint {
  let out = 0n;
  for (const b of bytes) {
    if (b >> 4 > 9 || (b & 15) > 9) throw new Error(`0x${bytes.toString('hex')} is not BCD`);
    out = out * 100n + BigInt((b >> 4) * 10 + (b & 15));
  }
  return out;
}

function toBcd(v: bigint, size: number): Buffer {
  const digits = v.toString().padStart(size * 2, '0');
  if (v < 0n || digits.length > size * 2) throw new Error(`${v} does not fit into ${size * 2} BCD digits`);
  return Buffer.from(digits, 'hex');
}

/** @param bytes the registers of the value as they came  @returns whole numbers as bigint (int64), floats as number */
export function decodeValue(bytes: Buffer, type: ValueType, order: ByteOrder): Value {
  if (type === 'string') {
    const text = order === 'BADC' || order === 'DCBA' ? Buffer.from(bytes).swap16() : bytes;
    const end = text.indexOf(0);
    return text
      .subarray(0, end < 0 ? undefined : end)
      .toString('utf8')
      .trimEnd();
  }
  const b = reorder(bytes, order);
  switch (type) {
    case 'bool':
      return b.readUInt16BE(0) !== 0;
    case 'int16':
      return BigInt(b.readInt16BE(0));
    case 'uint16':
      return BigInt(b.readUInt16BE(0));
    case 'int32':
      return BigInt(b.readInt32BE(0));
    case 'uint32':
      return BigInt(b.readUInt32BE(0));
    case 'int64':
      return b.readBigInt64BE(0);
    case 'uint64': {
      const v = b.readBigUInt64BE(0);
      // int64 is the largest integer of SQL here; above it the value would turn negative
      if (v > 0x7fff_ffff_ffff_ffffn) throw new Error(`${v} is larger than SQL's bigint holds`);
      return v;
    }
    case 'float16':
      return halfToNumber(b.readUInt16BE(0));
    case 'float32':
      return b.readFloatBE(0);
    case 'float64':
      return b.readDoubleBE(0);
    case 'bcd16':
    case 'bcd32':
      return fromBcd(b);
  }
}

const ranges: Partial<Record<ValueType, [bigint, bigint]>> = {
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

function whole(v: Value, type: ValueType): bigint {
  let n: bigint;
  if (typeof v === 'bigint') n = v;
  else if (typeof v === 'number' && Number.isInteger(v)) n = BigInt(v);
  else throw new Error(`${String(v)} is not a whole number, which ${type} takes`);
  const range = ranges[type];
  if (range && (n < range[0] || n > range[1])) throw new Error(`${n} is outside ${type} (${range[0]} … ${range[1]})`);
  return n;
}

function real(v: Value, type: ValueType): number {
  const n = typeof v === 'bigint' ? Number(v) : v;
  if (typeof n !== 'number' || Number.isNaN(n)) throw new Error(`${String(v)} is not a number, which ${type} takes`);
  return n;
}

/** @param registers length of a string in registers  @throws Error naming value, type and range */
export function encodeValue(v: Value, type: ValueType, order: ByteOrder, registers: number): Buffer {
  const b = Buffer.alloc(registers * 2);
  switch (type) {
    case 'string': {
      if (typeof v !== 'string') throw new Error(`${String(v)} is not a text`);
      const text = Buffer.from(v, 'utf8');
      if (text.length > b.length) throw new Error(`the text is longer than ${b.length} bytes`);
      text.copy(b);
      return order === 'BADC' || order === 'DCBA' ? b.swap16() : b;
    }
    case 'bool':
      if (typeof v !== 'boolean') throw new Error(`${String(v)} is not true or false`);
      b.writeUInt16BE(v ? 1 : 0);
      break;
    case 'int16':
      b.writeInt16BE(Number(whole(v, type)));
      break;
    case 'uint16':
      b.writeUInt16BE(Number(whole(v, type)));
      break;
    case 'int32':
      b.writeInt32BE(Number(whole(v, type)));
      break;
    case 'uint32':
      b.writeUInt32BE(Number(whole(v, type)));
      break;
    case 'int64':
      b.writeBigInt64BE(whole(v, type));
      break;
    case 'uint64':
      b.writeBigUInt64BE(whole(v, type));
      break;
    case 'float16':
      b.writeUInt16BE(numberToHalf(real(v, type)));
      break;
    case 'float32': {
      const n = real(v, type);
      if (Number.isFinite(n) && !Number.isFinite(Math.fround(n))) throw new Error(`${n} is outside float32`);
      b.writeFloatBE(n);
      break;
    }
    case 'float64':
      b.writeDoubleBE(real(v, type));
      break;
    case 'bcd16':
      return reorder(toBcd(whole(v, type), 2), order);
    case 'bcd32':
      return reorder(toBcd(whole(v, type), 4), order);
  }
  return reorder(b, order);
}
