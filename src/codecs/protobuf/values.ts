// Values and what protobufjs has for them: int64 fields are bigint, bytes stay bytes, enums are numbers. Used by the codec and by external services.
import protobuf from 'protobufjs';
import type { Row, Value, ValueObject } from '../../data/value.ts';
import { isDateTime } from '../../data/value.ts';

/** The part of package `long` that protobufjs hands out. */
interface LongClass {
  isLong(v: unknown): boolean;
  fromString(text: string, unsigned?: boolean): unknown;
}
const Long = protobuf.util.Long as unknown as LongClass;

/** protobufjs objects → values: Long → bigint, nested messages → plain objects. */
function toValue(v: unknown): Value {
  if (Long.isLong(v)) return BigInt((v as { toString(): string }).toString());
  if (Array.isArray(v)) return v.map(toValue);
  if (v instanceof Uint8Array) return new Uint8Array(v);
  if (typeof v === 'object' && v !== null) {
    const out: ValueObject = {};
    for (const [k, e] of Object.entries(v)) out[k] = toValue(e);
    return out;
  }
  return v as Value;
}

const isInt64 = (type: string) => /^(s|u)?(int64|fixed64)$/.test(type) || type === 'int64' || type === 'sfixed64';
const isInt = (type: string) => /^(s|u)?int32$|^s?fixed32$/.test(type);

/** Decoded message → row; whole-number fields are int64. */
export function messageToRow(type: protobuf.Type, object: Record<string, unknown>): Row {
  const row: Row = {};
  for (const field of type.fieldsArray) {
    if (!(field.name in object)) continue;
    row[field.name] = fieldToValue(field, object[field.name]);
  }
  return row;
}

export function fieldToValue(field: protobuf.Field, v: unknown): Value {
  if (v === null || v === undefined) return null;
  if (field instanceof protobuf.MapField) {
    const out: ValueObject = {};
    for (const [k, e] of Object.entries(v as Record<string, unknown>)) out[k] = oneToValue(field, e);
    return out;
  }
  return field.repeated ? (v as unknown[]).map((e) => oneToValue(field, e)) : oneToValue(field, v);
}

function oneToValue(field: protobuf.Field, v: unknown): Value {
  if (field.resolvedType instanceof protobuf.Type) return messageToRow(field.resolvedType, v as Record<string, unknown>);
  if (typeof v === 'number' && (isInt(field.type) || field.resolvedType instanceof protobuf.Enum)) return BigInt(v);
  return toValue(v);
}

/** A whole number as protobufjs encodes it in a field of the type. */
export const toLong = (v: bigint, type: string): unknown =>
  isInt64(type) ? Long.fromString(v.toString(), type.startsWith('u') || type === 'fixed64') : Number(v);

/** Value → what protobufjs encodes. */
export function fromValue(v: Value, field: protobuf.Field | undefined): unknown {
  if (Array.isArray(v)) return v.map((e) => fromValue(e, field));
  if (typeof v === 'bigint') return field ? toLong(v, field.type) : Number(v);
  if (isDateTime(v)) return v.epochMs;
  if (v instanceof Uint8Array || typeof v !== 'object' || v === null) return v;
  const inner = field?.resolvedType instanceof protobuf.Type ? field.resolvedType : undefined;
  return Object.fromEntries(Object.entries(v).map(([k, e]) => [k, fromValue(e, inner?.fields[k])]));
}
