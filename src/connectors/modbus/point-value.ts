// A point's value out of the bytes of its block, and the bytes to write for a value: type, byte order, bit field, scale and offset.
import type { Value } from '../../data/value.ts';
import type { Block } from './blocks.ts';
import type { Point } from './profile.ts';
import { decodeValue, encodeValue } from './value-types.ts';

/** @param data the reply's data bytes  @throws Error when the bytes are no value of the type */
export function readPoint(point: Point, block: Block, data: Buffer): Value {
  const index = point.address - block.address;
  if (point.fn <= 2) return ((data[index >> 3]! >> (index & 7)) & 1) === 1;
  const raw = decodeValue(data.subarray(index * 2, (index + point.registers) * 2), point.type, point.order);
  if (point.bit !== undefined && typeof raw === 'bigint') {
    const field = (BigInt.asUintN(64, raw) >> BigInt(point.bit)) & ((1n << BigInt(point.bits)) - 1n);
    return point.bits === 1 ? field === 1n : scaled(field, point);
  }
  // devices send NaN for a sensor that is missing: no value
  if (typeof raw === 'number' && !Number.isFinite(raw)) throw new Error(`the device sends ${raw}`);
  return scaled(raw, point);
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

/** Register bytes of a value, without bit fields. @throws Error naming value, type and range */
export function writeBytes(point: Point, v: Value): Buffer {
  return encodeValue(unscaled(v, point), point.type, point.order, point.registers);
}
