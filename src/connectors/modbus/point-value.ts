// A point's value out of the bytes of its block, and the bytes to write for a value: type, byte order, bit field, scale and offset.
import type { Value } from '../../data/value.ts';
import type { Block } from './blocks.ts';
import { checkAvailable, checkRange, textOf as meaningText, rawOfText, sunspecNotAvailable } from './point-meaning.ts';
import type { Point } from './profile.ts';
import { decodeValue, encodeValue, reorder, bitsOf as valueBits } from './value-types.ts';

/** Devices send powers of ten from -10 to 10; more is another register. */
const MAX_POWER = 12;

/** @param data the reply's data bytes  @throws Error when the bytes are not a value of the type */
export function readPoint(point: Point, block: Block, data: Buffer): Value {
  const index = point.address - block.address;
  const { meaning } = point;
  if (point.fn <= 2) return ((data[index >> 3]! >> (index & 7)) & 1) === 1;
  const bytes = point.apart
    ? Buffer.concat(point.apart.map((a) => data.subarray((a - block.address) * 2, (a - block.address + 1) * 2)))
    : data.subarray(index * 2, (index + point.registers) * 2);
  if (meaning && meaning.notAvailable.size > 0) checkAvailable(meaning, patternOf(bytes, point));
  const raw = meaning?.signMagnitude ? signed(patternOf(bytes, point), point) : decodeValue(bytes, point.type, point.order);
  if (point.bit !== undefined && typeof raw === 'bigint') {
    const field = (BigInt.asUintN(64, raw) >> BigInt(point.bit)) & ((1n << BigInt(point.bits)) - 1n);
    const text = meaning && meaningText(meaning, field);
    if (text !== undefined) return text;
    return point.bits === 1 ? field === 1n : scaled(field, point);
  }
  // devices send NaN for a sensor that is missing: no value
  if (typeof raw === 'number' && !Number.isFinite(raw)) throw new Error(`the device sends ${raw}`);
  if (meaning && typeof raw === 'bigint') {
    const text = meaningText(meaning, raw);
    if (text !== undefined) return text;
  }
  const value = point.factor ? scaledBy(raw, factorOf(point.factor, block, data)) : scaled(raw, point);
  if (meaning) checkRange(meaning, value);
  return value;
}

/** The registers as one number, unsigned. */
function patternOf(bytes: Buffer, point: Point): bigint {
  const ordered = reorder(bytes, point.order);
  return BigInt.asUintN(valueBits(point.type), BigInt(`0x${ordered.toString('hex') || '0'}`));
}

function signed(pattern: bigint, point: Point): bigint {
  const sign = 1n << BigInt(valueBits(point.type) - 1);
  return pattern & sign ? -(pattern & (sign - 1n)) : pattern;
}

/** The power of ten. @throws Error when the block does not hold it, or it says that there is none */
function factorOf(factor: Point, block: Block, data: Buffer): number {
  const index = factor.address - block.address;
  if (index < 0 || index + factor.registers > block.count) throw new Error(`its factor ${factor.name} cannot be read in the same request`);
  const bytes = data.subarray(index * 2, (index + factor.registers) * 2);
  return toPower(bytes, factor);
}

/** @param bytes the registers of the factor  @throws Error when it is not a power of ten that a device would send */
export function toPower(bytes: Buffer, factor: Point): number {
  const pattern = patternOf(bytes, factor);
  if (pattern === sunspecNotAvailable(factor.type) || factor.meaning?.notAvailable.has(pattern))
    throw new Error(`not available (its factor ${factor.name} has no value)`);
  const power = Number(decodeValue(bytes, factor.type, factor.order));
  if (!(Math.abs(power) <= MAX_POWER)) throw new Error(`its factor ${factor.name} is ${power}, which is not a power of ten`);
  return power;
}

/** 2286 and -1 are 228.6, exactly: the decimal is read as it would be written. */
function scaledBy(v: Value, power: number): Value {
  if (typeof v === 'bigint') {
    if (power < 0) return Number(`${v}e${power}`);
    const out = v * 10n ** BigInt(power);
    if (BigInt.asIntN(64, out) !== out) throw new Error(`${v} × 10^${power} is larger than SQL's bigint holds`);
    return out;
  }
  return typeof v === 'number' ? Number((v * 10 ** power).toPrecision(15)) : v;
}

function scaled(v: Value, point: Point): Value {
  if (point.scale === 1 && point.offset === 0) return v;
  // exact where it can be: whole scale and offset keep int64
  if (typeof v === 'bigint' && Number.isSafeInteger(point.scale) && Number.isSafeInteger(point.offset)) {
    const out = v * BigInt(point.scale) + BigInt(point.offset);
    if (BigInt.asIntN(64, out) !== out) throw new Error(`${v} × ${point.scale} + ${point.offset} is larger than SQL's bigint holds`);
    return out;
  }
  if (typeof v === 'bigint') return round(Number(v) * point.scale + point.offset);
  if (typeof v === 'number') return v * point.scale + point.offset;
  return v;
}

/** 231 × 0.1 is meant to be 23.1, not 23.1000000000000014. */
const round = (v: number): number => Number(v.toPrecision(15));

/** @returns the raw value before encoding  @throws Error naming what does not fit */
export function unscaled(v: Value, point: Point): Value {
  if (point.scale === 1 && point.offset === 0) return v;
  if (typeof v !== 'number' && typeof v !== 'bigint') return v;
  if (typeof v === 'bigint' && Number.isSafeInteger(point.scale) && Number.isSafeInteger(point.offset)) {
    const rest = v - BigInt(point.offset);
    if (rest % BigInt(point.scale) === 0n) return rest / BigInt(point.scale);
  }
  const raw = (Number(v) - point.offset) / point.scale;
  if (!Number.isFinite(raw)) throw new Error(`${String(v)} is not a number`);
  return /^(u?int|bcd)/.test(point.type) ? BigInt(Math.round(raw)) : raw;
}

/** Register bytes of a value, without bit fields.
 *  @param power of ten of its factor, for points with one  @throws Error naming value, type and range */
export function writeBytes(point: Point, v: Value, power?: number): Buffer {
  const { meaning } = point;
  if (meaning) checkRange(meaning, v);
  const named = meaning ? rawOfText(meaning, v) : v;
  const raw = point.factor && power !== undefined ? dividedBy(named, power, point) : unscaled(named, point);
  if (!meaning?.signMagnitude || typeof raw !== 'bigint') return encodeValue(raw, point.type, point.order, point.registers);
  const sign = 1n << BigInt(valueBits(point.type) - 1);
  if (raw >= sign || raw <= -sign) throw new Error(`${raw} does not fit into ${valueBits(point.type) - 1} bits and a sign`);
  const pattern = raw < 0n ? sign | -raw : raw;
  return encodeValue(
    point.type.startsWith('u') ? pattern : BigInt.asIntN(valueBits(point.type), pattern),
    point.type,
    point.order,
    point.registers,
  );
}

/** 228.6 with the factor -1 is written as 2286. @throws Error when the device cannot hold the digits */
function dividedBy(v: Value, power: number, point: Point): Value {
  if (typeof v !== 'number' && typeof v !== 'bigint') return v;
  if (point.type.startsWith('float')) return Number(v) / 10 ** power;
  const raw = Number(`${v}e${-power}`);
  if (!Number.isFinite(raw)) throw new Error(`${String(v)} is not a number`);
  return BigInt(Math.round(raw));
}
