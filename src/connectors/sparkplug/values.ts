// Values of Sparkplug metrics by their data types, in both directions. The numbers and the form of arrays are those of the specification 3.0.
// Used by payload.ts.
import { rowError } from '../../base/errors/gateway-error.ts';
import { isDateTime, type Value, type ValueObject } from '../../data/value.ts';

export const TYPES = {
  Int8: 1,
  Int16: 2,
  Int32: 3,
  Int64: 4,
  UInt8: 5,
  UInt16: 6,
  UInt32: 7,
  UInt64: 8,
  Float: 9,
  Double: 10,
  Boolean: 11,
  String: 12,
  DateTime: 13,
  Text: 14,
  UUID: 15,
  DataSet: 16,
  Bytes: 17,
  File: 18,
  Template: 19,
} as const;
const FIRST_ARRAY = 22;
const LAST_ARRAY = 34;

type Fields = Record<string, unknown>;
const big = (v: unknown): bigint => BigInt(String(v));
const wide = (f: Fields): bigint =>
  f['longValue'] !== undefined && Object.hasOwn(f, 'longValue') ? big(f['longValue']) : big(f['intValue'] ?? 0);
const own = (f: Fields, key: string): boolean => Object.hasOwn(f, key) && f[key] !== null;

/** Unsigned 64 bits that SQL's bigint does not hold are null: a wrong value is worse. */
const unsigned = (v: bigint): Value => (v > 0x7fff_ffff_ffff_ffffn ? null : v);

/** @param type undefined: not known; then only the fields that say it themselves are read (float, double, boolean, string)
 *  @returns null for a type that is not known */
export function metricValue(f: Fields, type: number | undefined): Value {
  switch (type) {
    case TYPES.Int8:
      return BigInt.asIntN(8, wide(f));
    case TYPES.Int16:
      return BigInt.asIntN(16, wide(f));
    case TYPES.Int32:
      return BigInt.asIntN(32, wide(f));
    case TYPES.Int64:
      return BigInt.asIntN(64, wide(f));
    case TYPES.UInt8:
      return BigInt.asUintN(8, wide(f));
    case TYPES.UInt16:
      return BigInt.asUintN(16, wide(f));
    case TYPES.UInt32:
      return BigInt.asUintN(32, wide(f));
    case TYPES.UInt64:
    case TYPES.DateTime:
      return unsigned(wide(f));
    case TYPES.Float:
    case TYPES.Double:
      return finite(own(f, 'floatValue') ? f['floatValue'] : f['doubleValue']);
    case TYPES.Boolean:
      return own(f, 'booleanValue') ? f['booleanValue'] === true : wide(f) !== 0n;
    case TYPES.String:
    case TYPES.Text:
    case TYPES.UUID:
      return String(f['stringValue'] ?? '');
    case TYPES.Bytes:
    case TYPES.File:
      return new Uint8Array((f['bytesValue'] as Uint8Array | undefined) ?? []);
    case TYPES.DataSet:
      return dataSet(f['datasetValue'] as Fields | undefined);
    case TYPES.Template:
      return template(f['templateValue'] as Fields | undefined);
    default:
      if (type !== undefined && type >= FIRST_ARRAY && type <= LAST_ARRAY)
        return arrayOf((f['bytesValue'] as Uint8Array | undefined) ?? new Uint8Array(), type);
      if (own(f, 'floatValue')) return finite(f['floatValue']);
      if (own(f, 'doubleValue')) return finite(f['doubleValue']);
      if (own(f, 'booleanValue')) return f['booleanValue'] === true;
      if (own(f, 'stringValue')) return String(f['stringValue']);
      return null;
  }
}

const finite = (v: unknown): Value => (typeof v === 'number' && Number.isFinite(v) ? v : null);

function dataSet(set: Fields | undefined): Value {
  const columns = (set?.['columns'] as string[] | undefined) ?? [];
  const types = (set?.['types'] as number[] | undefined) ?? [];
  return ((set?.['rows'] as { elements?: Fields[] }[] | undefined) ?? []).map((row) => {
    const out: ValueObject = {};
    columns.forEach((c, i) => {
      const element = row.elements?.[i];
      out[c] = element === undefined || Object.keys(element).length === 0 ? null : metricValue(element, types[i]);
    });
    return out;
  });
}

function template(t: Fields | undefined): Value {
  const out: ValueObject = {};
  for (const m of (t?.['metrics'] as Fields[] | undefined) ?? [])
    out[String(m['name'] ?? '')] = m['isNull'] === true ? null : metricValue(m, Number(m['datatype'] ?? 0) || undefined);
  return out;
}

/** Arrays lie packed in bytes, least significant first; Booleans as bits behind their number, texts each with a zero at its end. */
function arrayOf(bytes: Uint8Array, type: number): Value {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = (size: number, one: (at: number) => Value): Value => {
    if (bytes.length % size !== 0)
      throw rowError(`an array of ${bytes.length} bytes has no whole number of elements of ${size}`, 'DECODE_FAILED');
    return Array.from({ length: bytes.length / size }, (_, i) => one(i * size));
  };
  switch (type) {
    case 22:
      return read(1, (i) => BigInt(view.getInt8(i)));
    case 23:
      return read(2, (i) => BigInt(view.getInt16(i, true)));
    case 24:
      return read(4, (i) => BigInt(view.getInt32(i, true)));
    case 25:
      return read(8, (i) => view.getBigInt64(i, true));
    case 26:
      return read(1, (i) => BigInt(view.getUint8(i)));
    case 27:
      return read(2, (i) => BigInt(view.getUint16(i, true)));
    case 28:
      return read(4, (i) => BigInt(view.getUint32(i, true)));
    case 29:
    case 34:
      return read(8, (i) => unsigned(view.getBigUint64(i, true)));
    case 30:
      return read(4, (i) => finite(view.getFloat32(i, true)));
    case 31:
      return read(8, (i) => finite(view.getFloat64(i, true)));
    case 32: {
      const count = bytes.length < 4 ? 0 : view.getUint32(0, true);
      if (count > (bytes.length - 4) * 8)
        throw rowError(`an array of ${count} Booleans does not fit ${bytes.length} bytes`, 'DECODE_FAILED');
      return Array.from({ length: count }, (_, i) => ((view.getUint8(4 + (i >> 3)) >> (7 - (i & 7))) & 1) === 1);
    }
    default:
      return bytes.length === 0 ? [] : Buffer.from(bytes).toString('utf8').replace(/\0$/, '').split('\0');
  }
}

/** The type that a value is published with; undefined for null, which says none. */
export function typeOfValue(v: Value): number | undefined {
  if (typeof v === 'bigint') return TYPES.Int64;
  if (typeof v === 'number') return TYPES.Double;
  if (typeof v === 'boolean') return TYPES.Boolean;
  if (isDateTime(v)) return TYPES.DateTime;
  if (v instanceof Uint8Array) return TYPES.Bytes;
  if (v === null || v === undefined) return undefined;
  return TYPES.String;
}

/** The field of a metric that holds the value. */
export function fieldsOf(v: Value, type: number, long: (v: bigint) => unknown): Fields {
  if (type === TYPES.Int64 || type === TYPES.DateTime)
    return { longValue: long(isDateTime(v) ? BigInt(Math.round(v.epochMs)) : BigInt(v as bigint)) };
  if (type === TYPES.Double) return { doubleValue: Number(v) };
  if (type === TYPES.Boolean) return { booleanValue: v === true };
  if (type === TYPES.Bytes) return { bytesValue: v };
  return { stringValue: typeof v === 'string' ? v : textOf(v) };
}

const textOf = (v: Value): string => JSON.stringify(v, (_k, x: unknown) => (typeof x === 'bigint' ? Number(x) : x));
