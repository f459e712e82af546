// Binary frames by a layout: each field is read at its offset. For frames with a fixed form; others take FORMAT or a plugin.
import { rowError } from '../../../base/errors/gateway-error.ts';
import type { Row, Value } from '../../../data/value.ts';

export interface LayoutField {
  name: string;
  /** From the frame's begin; negative: from its end. */
  offset: number;
  type: string;
  byteOrder?: 'big' | 'little';
  /** value × scale + add: the result is a float then. */
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
const others = ['bool', 'string', 'bytes'];

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
  if (!(f.type in reads) && !others.includes(f.type))
    throw new Error(`${where}: type "${f.type}" is not one of ${[...Object.keys(reads), ...others].join(', ')}`);
  if (f.byteOrder !== undefined && f.byteOrder !== 'big' && f.byteOrder !== 'little')
    throw new Error(`${where}: byteOrder "${f.byteOrder}" is not big or little`);
  for (const key of ['scale', 'add', 'length', 'bit', 'bits'] as const)
    if (f[key] !== undefined && !Number.isFinite(f[key])) throw new Error(`${where}: ${key} must be a number`);
  return f;
}

function compileField(f: LayoutField): { name: string; read(view: DataView, frame: Uint8Array): Value } {
  const little = f.byteOrder === 'little';
  const simple = reads[f.type];
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
  return {
    name: f.name,
    read(view, frame) {
      let value = simple!.read(view, place(frame), little);
      if (typeof value === 'bigint' && f.bit !== undefined) value = (value >> BigInt(f.bit)) & ((1n << BigInt(f.bits ?? 1)) - 1n);
      return scaled ? Number(value) * scale + add : value;
    },
  };
}
