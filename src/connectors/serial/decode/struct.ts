// Binary frames by a layout: each field is read at its offset. For frames with a fixed form; others take FORMAT or a plugin.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row, Value } from '../../../data/value.ts';
import { numberOf } from './number-text.ts';

export interface LayoutField {
  name: string;
  /** From the frame's begin; negative: from its end. */
  offset: number;
  type: string;
  byteOrder?: 'big' | 'little';
  /** value × scale + add: the result is a float then, of whole numbers without the dust of binary fractions. */
  scale?: number;
  add?: number;
  /** string and bytes: length; 0 or missing = up to the end. */
  length?: number;
  /** Integers: only these bits, counted from the lowest. */
  bit?: number;
  bits?: number;
}

type Read = (view: DataView, at: number, little: boolean) => bigint | number;

const reads: Record<string, { bytes: number; read: Read }> = {
  uint8: { bytes: 1, read: (v, at) => BigInt(v.getUint8(at)) },
  int8: { bytes: 1, read: (v, at) => BigInt(v.getInt8(at)) },
  uint16: { bytes: 2, read: (v, at, le) => BigInt(v.getUint16(at, le)) },
  int16: { bytes: 2, read: (v, at, le) => BigInt(v.getInt16(at, le)) },
  uint32: { bytes: 4, read: (v, at, le) => BigInt(v.getUint32(at, le)) },
  int32: { bytes: 4, read: (v, at, le) => BigInt(v.getInt32(at, le)) },
  uint64: { bytes: 8, read: (v, at, le) => BigInt.asIntN(64, v.getBigUint64(at, le)) },
  int64: { bytes: 8, read: (v, at, le) => v.getBigInt64(at, le) },
  float32: { bytes: 4, read: (v, at, le) => v.getFloat32(at, le) },
  float64: { bytes: 8, read: (v, at, le) => v.getFloat64(at, le) },
};
/** Digits in halves of bytes, the highest first (byteOrder little: the lowest byte first). */
const bcd: Read = (view) => {
  let text = '';
  for (let i = 0; i < view.byteLength; i++) text += view.getUint8(i).toString(16).padStart(2, '0');
  if (!/^\d+$/.test(text)) throw rowError(`0x${text} is not BCD`, 'DECODE_FAILED');
  return BigInt(text);
};
/** Types that are read of their own bytes, in big-endian order. */
const parts: Record<string, { bytes: number; read: Read }> = {
  int24: { bytes: 3, read: (v) => BigInt.asIntN(24, wide(v)) },
  uint24: { bytes: 3, read: (v) => wide(v) },
  int48: { bytes: 6, read: (v) => BigInt.asIntN(48, wide(v)) },
  uint48: { bytes: 6, read: (v) => wide(v) },
  ...Object.fromEntries([8, 16, 24, 32, 48, 64].map((bits) => [`bcd${bits}`, { bytes: bits / 8, read: bcd }])),
};
/** Numbers as text: digits, or hex digits. They take `length` bytes. */
const texts: Record<string, (text: string) => bigint | number> = {
  number: (text) => {
    const found = numberOf(text);
    if (found === undefined) throw rowError(`"${text.slice(0, 40)}" is not a number`, 'DECODE_FAILED');
    return found;
  },
  hex: (text) => {
    if (!/^[0-9a-f]{1,16}$/i.test(text.trim())) throw rowError(`"${text.slice(0, 40)}" is not hex`, 'DECODE_FAILED');
    return BigInt.asIntN(64, BigInt(`0x${text.trim()}`));
  },
};
const others = ['bool', 'string', 'bytes'];
const wide = (v: DataView): bigint => {
  let out = 0n;
  for (let i = 0; i < v.byteLength; i++) out = (out << 8n) | BigInt(v.getUint8(i));
  return out;
};
const known = [...Object.keys(reads), ...Object.keys(parts), ...Object.keys(texts), ...others];

/** Compiles a layout.
 *  @throws Error that names field and member
 *  @returns reads one frame; throws rowError when the frame is too short */
export function compileLayout(fields: readonly Record<string, unknown>[]): (frame: Uint8Array) => Row {
  if (fields.length === 0) throw new Error('property layout: there is no field');
  const readers = fields.map((raw, i) => compileField(checkField(raw, i)));
  return (frame) => {
    const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    const row: Row = {};
    for (const { name, read } of readers) row[name] = read(view, frame);
    return row;
  };
}

function checkField(raw: Record<string, unknown>, index: number): LayoutField {
  const f = raw as unknown as LayoutField;
  const where = `property layout, field ${f.name ? `"${f.name}"` : index + 1}`;
  if (typeof f.name !== 'string' || f.name === '') throw new Error(`${where}: name is required`);
  if (!Number.isInteger(f.offset)) throw new Error(`${where}: offset must be a whole number`);
  if (!known.includes(f.type)) throw new Error(`${where}: type "${f.type}" is not one of ${known.join(', ')}`);
  if (f.type in texts && !(f.length && f.length > 0)) throw new Error(`${where}: type ${f.type} needs length`);
  if (f.byteOrder !== undefined && f.byteOrder !== 'big' && f.byteOrder !== 'little')
    throw new Error(`${where}: byteOrder "${f.byteOrder}" is not big or little`);
  for (const key of ['scale', 'add', 'length', 'bit', 'bits'] as const)
    if (f[key] !== undefined && !Number.isFinite(f[key])) throw new Error(`${where}: ${key} must be a number`);
  return f;
}

function compileField(f: LayoutField): { name: string; read(view: DataView, frame: Uint8Array): Value } {
  const little = f.byteOrder === 'little';
  const part = parts[f.type];
  const text = texts[f.type];
  const simple = reads[f.type] ?? (part && { bytes: part.bytes, read: ownBytes(part) });
  const need = simple?.bytes ?? (f.type === 'bool' ? 1 : (f.length ?? 0));
  const place = (frame: Uint8Array): number => {
    const at = f.offset < 0 ? frame.length + f.offset : f.offset;
    if (at < 0 || at + need > frame.length)
      throw rowError(
        `frame of ${frame.length} bytes is too short for field ${f.name} (offset ${f.offset}, ${need} bytes)`,
        'DECODE_FAILED',
      );
    return at;
  };
  if (f.type === 'string' || f.type === 'bytes')
    return {
      name: f.name,
      read(_view, frame) {
        const at = place(frame);
        const part = Buffer.from(frame.subarray(at, f.length ? at + f.length : undefined));
        // instruments fill texts up with zeros or blanks
        return f.type === 'bytes' ? part : part.toString('utf8').replace(/[\0 ]+$/, '');
      },
    };
  if (f.type === 'bool')
    return {
      name: f.name,
      read: (view, frame) => ((view.getUint8(place(frame)) >> (f.bit ?? 0)) & (f.bit === undefined ? 0xff : 1)) !== 0,
    };
  const scaled = f.scale !== undefined || f.add !== undefined;
  const scale = f.scale ?? 1;
  const add = f.add ?? 0;
  if (text) {
    const read = text;
    return {
      name: f.name,
      read(_view, frame) {
        const at = place(frame);
        const value = read(Buffer.from(frame.subarray(at, at + f.length!)).toString('latin1'));
        return scaled ? exact(Number(value) * scale + add) : value;
      },
    };
  }
  return {
    name: f.name,
    read(view, frame) {
      let value = simple!.read(view, place(frame), little);
      if (typeof value === 'bigint' && f.bit !== undefined) value = (value >> BigInt(f.bit)) & ((1n << BigInt(f.bits ?? 1)) - 1n);
      return scaled ? (typeof value === 'bigint' ? exact(Number(value) * scale + add) : value * scale + add) : value;
    },
  };
}

/** -53 × 0.1 is meant to be -5.3. */
const exact = (v: number): number => Number(v.toPrecision(15));

/** The bytes of the value alone, the highest first. */
const ownBytes =
  ({ bytes, read }: { bytes: number; read: Read }): Read =>
  (view, at, little) => {
    const own = Buffer.from(new Uint8Array(view.buffer, view.byteOffset + at, bytes));
    if (little) own.reverse();
    return read(new DataView(own.buffer, own.byteOffset, bytes), 0, false);
  };
