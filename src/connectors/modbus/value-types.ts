// Register bytes ↔ values: every type in every byte order, 64-bit integers exact. One table, used by reading and writing. No value is ever made up: bytes in,
// value out, or an error.
import type { Value } from '../../data/value.ts';
import { dateOf, isDateType } from './profile-values.ts';

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
  'int8',
  'uint8',
  'int24',
  'uint24',
  'int48',
  'uint48',
  'bcd48',
  'bcd64',
  'mod10k32',
  'mod10k48',
  'mod10k64',
  'epoch32',
  'datetime48',
  'datetime64',
  'datetime96',
] as const;
export type ValueType = (typeof valueTypes)[number];

/** Order of the bytes of a value, A the most significant: ABCD big-endian, DCBA little-endian, CDAB words swapped, BADC bytes swapped. Values of 6 and 8
 *  bytes may have an order of their own, with a letter for each byte as it comes (EFGHABCD): isByteOrder. */
export const byteOrders = ['ABCD', 'DCBA', 'CDAB', 'BADC'] as const;
export type ByteOrder = (typeof byteOrders)[number] | (string & {});

/** A known order, or each of the letters A to F (6 bytes) or A to H (8 bytes) once. */
export const isByteOrder = (order: string): boolean =>
  (byteOrders as readonly string[]).includes(order) ||
  ((order.length === 6 || order.length === 8) && [...order].sort().join('') === 'ABCDEFGH'.slice(0, order.length));

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
  int8: 1,
  uint8: 1,
  int24: 2,
  uint24: 2,
  int48: 3,
  uint48: 3,
  bcd48: 3,
  bcd64: 4,
  mod10k32: 2,
  mod10k48: 3,
  mod10k64: 4,
  epoch32: 2,
  datetime48: 3,
  datetime64: 4,
  datetime96: 6,
};

/** Bits of a value that a bit pattern may be compared with; 0: strings. */
export const bitsOf = (type: ValueType): number => (type === 'string' ? 0 : type === 'bool' ? 16 : Number(/\d+$/.exec(type)![0]));

function permuted(bytes: Buffer, order: string): Buffer {
  const out = Buffer.alloc(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[order.charCodeAt(i) - 65] = bytes[i]!;
  return out;
}

/** From big-endian order to the order on the wire. */
export function toWire(bytes: Buffer, order: ByteOrder): Buffer {
  if (order.length <= 4 || order.length !== bytes.length) return reorder(bytes, order);
  const out = Buffer.alloc(bytes.length);
  for (let i = 0; i < bytes.length; i++) out[i] = bytes[order.charCodeAt(i) - 65]!;
  return out;
}

/** Brings the bytes of a value into big-endian order (each order of four letters is its own inverse). */
export function reorder(bytes: Buffer, order: ByteOrder): Buffer {
  if (order === 'ABCD') return bytes;
  if (order.length === bytes.length && order.length > 4) return permuted(bytes, order);
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

/** Each register holds four decimal digits as a binary number. */
function fromMod10k(bytes: Buffer): bigint {
  let out = 0n;
  for (let i = 0; i < bytes.length; i += 2) {
    const part = bytes.readInt16BE(i);
    if (part < -9999 || part > 9999) throw new Error(`0x${bytes.toString('hex')} has a register beyond 9999`);
    out = out * 10_000n + BigInt(part);
  }
  return out;
}

function toMod10k(v: bigint, size: number): Buffer {
  const out = Buffer.alloc(size);
  let rest = v;
  for (let i = size - 2; i >= 0; i -= 2) {
    out.writeInt16BE(Number(rest % 10_000n), i);
    rest /= 10_000n;
  }
  if (rest !== 0n) throw new Error(`${v} does not fit into ${size / 2} registers of four digits`);
  return out;
}

/** Text as devices send it: filled up with 0, FF or blanks, at the begin as well; one character in each register; UTF-8, else Latin-1. */
function textOf(bytes: Buffer): string {
  const first = bytes.findIndex((b) => b !== 0);
  if (first < 0) return '';
  const wide = bytes.length >= 4 && bytes.every((b, i) => i % 2 === 1 || b === 0);
  const text = wide ? Buffer.from(bytes.filter((_, i) => i % 2 === 1)) : bytes.subarray(first);
  const zero = text.indexOf(0);
  let end = zero < 0 ? text.length : zero;
  while (end > 0 && text[end - 1] === 0xff) end--;
  const cut = text.subarray(0, end);
  const utf8 = cut.toString('utf8');
  return (utf8.includes('\ufffd') ? cut.toString('latin1') : utf8).trimEnd();
}

function toBcd(v: bigint, size: number): Buffer {
  const digits = v.toString().padStart(size * 2, '0');
  if (v < 0n || digits.length > size * 2) throw new Error(`${v} does not fit into ${size * 2} BCD digits`);
  return Buffer.from(digits, 'hex');
}

/** @param bytes the registers of the value as they came  @returns whole numbers as bigint (int64), floats as number */
export function decodeValue(bytes: Buffer, type: ValueType, order: ByteOrder): Value {
  if (type === 'string') {
    return textOf(order === 'BADC' || order === 'DCBA' ? Buffer.from(bytes).swap16() : bytes);
  }
  const b = reorder(bytes, order);
  if (isDateType(type)) return dateOf(b, type);
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
    case 'bcd48':
    case 'bcd64':
      return fromBcd(b);
    // one byte of its register, the lower one
    case 'int8':
      return BigInt(b.readInt8(1));
    case 'uint8':
      return BigInt(b.readUInt8(1));
    // the upper byte of the first register is filled up
    case 'int24':
      return BigInt(b.readIntBE(1, 3));
    case 'uint24':
      return BigInt(b.readUIntBE(1, 3));
    case 'int48':
      return BigInt(b.readIntBE(0, 6));
    case 'uint48':
      return BigInt(b.readUIntBE(0, 6));
    case 'mod10k32':
    case 'mod10k48':
    case 'mod10k64':
      return fromMod10k(b);
  }
}

const ranges: Partial<Record<ValueType, [bigint, bigint]>> = {
  int16: [-(2n ** 15n), 2n ** 15n - 1n],
  uint16: [0n, 2n ** 16n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int8: [-128n, 127n],
  uint8: [0n, 255n],
  int24: [-(2n ** 23n), 2n ** 23n - 1n],
  uint24: [0n, 2n ** 24n - 1n],
  int48: [-(2n ** 47n), 2n ** 47n - 1n],
  uint48: [0n, 2n ** 48n - 1n],
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
  if (isDateType(type)) throw new Error(`${type} cannot be written`);
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
      return toWire(toBcd(whole(v, type), 4), order);
    case 'bcd48':
      return toWire(toBcd(whole(v, type), 6), order);
    case 'bcd64':
      return toWire(toBcd(whole(v, type), 8), order);
    case 'int8':
      b.writeInt8(Number(whole(v, type)), 1);
      break;
    case 'uint8':
      b.writeUInt8(Number(whole(v, type)), 1);
      break;
    case 'int24':
      b.writeIntBE(Number(whole(v, type)), 1, 3);
      break;
    case 'uint24':
      b.writeUIntBE(Number(whole(v, type)), 1, 3);
      break;
    case 'int48':
      b.writeIntBE(Number(whole(v, type)), 0, 6);
      break;
    case 'uint48':
      b.writeUIntBE(Number(whole(v, type)), 0, 6);
      break;
    case 'mod10k32':
    case 'mod10k48':
    case 'mod10k64':
      return toWire(toMod10k(whole(v, type), registers * 2), order);
  }
  return toWire(b, order);
}
