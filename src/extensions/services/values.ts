// Arguments of SQL → fields of a message, and answers → values, by the types of a .proto file: numbers among themselves, text as bytes, as eKuiper converts
// them. Fields are kept by their names in the file. Used by the callers beside it.
import protobuf from 'protobufjs';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import { type Level, toBool, toBytea, toBytes, toFloat, toInt64, toText } from '../../data/cast.ts';
import { formatRfc3339 } from '../../data/datetime-format.ts';
import { setMember } from '../../data/set-member.ts';
import { isDateTime, type Row, type Value } from '../../data/value.ts';
import type { ServiceMethod } from './schema.ts';

export type Fields = Record<string, unknown>;

const isMap = (v: unknown): v is Row =>
  typeof v === 'object' && v !== null && !Array.isArray(v) && !(v instanceof Uint8Array) && !isDateTime(v);

/** Types of one field whose value stands for the message. */
const WRAPPER = /^\.google\.protobuf\.(Bool|Bytes|Double|Float|Int32|Int64|String|UInt32|UInt64)Value$/;
export const isWrapper = (type: protobuf.Type): boolean => WRAPPER.test(type.fullName);

/** One map is a message; otherwise arguments are fields in their order. @throws rowError */
export function fieldsOfArguments(method: ServiceMethod, args: readonly Value[]): Fields {
  const { fieldsArray: fields } = method.input;
  const [first] = args;
  if (args.length === 1 && isMap(first)) {
    const found = unfolded(method.input, first);
    if (found) return found;
  }
  if (fields.length !== args.length)
    throw rowError(
      args.length === 0
        ? `require ${fields.length} parameters but none`
        : `require ${fields.length} parameters but only got ${args.length}`,
    );
  const out: Fields = {};
  fields.forEach((f, i) => {
    if (args[i] !== undefined) out[f.name] = encodeField(f, args[i]);
  });
  return out;
}

/** @returns undefined when nothing in the map is a field: it may be the value of the only field */
function unfolded(type: protobuf.Type, map: Row): Fields | undefined {
  const out: Fields = {};
  for (const f of type.fieldsArray) {
    const v = Object.hasOwn(map, f.name) ? map[f.name] : undefined;
    if (v === undefined || v === null) {
      if (f.required) throw rowError(`field ${f.name} not found`);
    } else out[f.name] = encodeField(f, v);
  }
  return Object.keys(out).length > 0 ? out : undefined;
}

function encodeField(f: protobuf.Field, v: Value): unknown {
  f.resolve();
  if (f instanceof protobuf.MapField) {
    if (!isMap(v)) throw rowError(`invalid type for map type field '${f.name}'`);
    return Object.fromEntries(Object.entries(v).map(([k, e]) => [k, encodeOne(f, e)]));
  }
  if (!f.repeated) return encodeOne(f, v);
  if (!Array.isArray(v)) throw rowError(`failed to encode field '${f.name}': it must be a list`);
  return v.map((e) => encodeOne(f, e));
}

const INT = /^(s?int32|sfixed32|s?int64|sfixed64|uint32|fixed32|uint64|fixed64)$/;
const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  '32': [-(2n ** 31n), 2n ** 31n - 1n],
  '64': [-(2n ** 63n), 2n ** 63n - 1n],
  u32: [0n, 2n ** 32n - 1n],
  u64: [0n, 2n ** 64n - 1n],
};

function encodeOne(f: protobuf.Field, v: Value): unknown {
  const convert = <T>(kind: string, how: () => T): T => {
    try {
      return how();
    } catch (error) {
      throw rowError(`invalid type for ${kind} type field '${f.name}': ${messageOf(error)}`);
    }
  };
  const { resolvedType } = f;
  if (resolvedType instanceof protobuf.Enum) {
    const { values } = resolvedType;
    return typeof v === 'string' && Object.hasOwn(values, v) ? BigInt(values[v] ?? 0) : convert('int', () => toInt64(v, 'sameKind'));
  }
  if (resolvedType instanceof protobuf.Type) {
    if (isWrapper(resolvedType) && !isMap(v)) return fieldsOf(resolvedType, { value: v });
    if (resolvedType.fullName === '.google.protobuf.Timestamp' && isDateTime(v)) {
      const seconds = Math.floor(v.epochMs / 1000);
      return { seconds: BigInt(seconds), nanos: BigInt(Math.round((v.epochMs - seconds * 1000) * 1_000_000)) };
    }
    if (!isMap(v)) throw rowError(`invalid type for map type field '${f.name}': cannot convert to map`);
    return fieldsOf(resolvedType, v);
  }
  switch (f.type) {
    case 'double':
    case 'float':
      return convert('float', () => toFloat(v, 'sameKind'));
    case 'bool':
      return convert('bool', () => toBool(v, 'sameKind'));
    case 'string':
      return convert('string', () => (isDateTime(v) ? formatRfc3339(v) : toText(v, 'sameKind')));
    case 'bytes':
      return convert('bytes', () => toBytes(v, 'sameKind'));
  }
  if (!INT.test(f.type)) throw rowError(`invalid type for field '${f.name}'`);
  const n = convert('int', () => toInt64(v, 'sameKind'));
  const unsigned = f.type.startsWith('u') || f.type.startsWith('fixed');
  const [min, max] = RANGES[`${unsigned ? 'u' : ''}${f.type.endsWith('64') ? '64' : '32'}`] ?? [n, n];
  if (n < min || n > max) throw rowError(`invalid type for int type field '${f.name}': ${n} is out of the range of ${f.type}`);
  return n;
}

function fieldsOf(type: protobuf.Type, map: Row): Fields {
  const out: Fields = {};
  for (const f of type.fieldsArray) {
    const v = Object.hasOwn(map, f.name) ? map[f.name] : undefined;
    if (v !== undefined && v !== null) out[f.name] = encodeField(f, v);
    else if (f.required) throw rowError(`field ${f.name} not found`);
  }
  return out;
}

/** What a peer wrote (JSON, msgpack) → the value of the method's answer. Fields that the type does not know are left out.
 *  @throws rowError */
export function valueOfAnswer(type: protobuf.Type, given: Value, level: Level): Value {
  if (isWrapper(type) && !isMap(given)) return decodeField(type.fields['value'], given, level);
  if (type.fullName === '.google.protobuf.Empty' && !isMap(given)) return null;
  if (!isMap(given)) throw rowError(`fail to convert return val, must be a map but got ${JSON.stringify(given)}`);
  if (isWrapper(type)) return decodeField(type.fields['value'], given['value'] ?? null, level);
  return decodeMap(type, given, level);
}

function decodeMap(type: protobuf.Type, given: Row, level: Level): Row {
  const out: Row = {};
  for (const f of type.fieldsArray) {
    // proto3's JSON has lowerCamelCase, eKuiper takes the names of the file
    const key = Object.hasOwn(given, f.name) ? f.name : jsonNameOf(f);
    if (Object.hasOwn(given, key)) setMember(out, f.name, decodeField(f, given[key] ?? null, level));
  }
  return out;
}

function decodeField(f: protobuf.Field | undefined, v: Value, level: Level): Value {
  if (!f || v === null) return null;
  f.resolve();
  if (f instanceof protobuf.MapField) {
    if (!isMap(v)) throw rowError(`invalid type of return value for '${f.name}': it must be a map`);
    const out: Row = {};
    for (const [k, e] of Object.entries(v)) setMember(out, k, decodeOne(f, e ?? null, level));
    return out;
  }
  if (!f.repeated) return decodeOne(f, v, level);
  if (!Array.isArray(v)) throw rowError(`invalid type of return value for '${f.name}': it must be a list`);
  return v.map((e) => decodeOne(f, e, level));
}

function decodeOne(f: protobuf.Field, v: Value, level: Level): Value {
  try {
    const { resolvedType } = f;
    if (resolvedType instanceof protobuf.Enum)
      return typeof v === 'string' && Object.hasOwn(resolvedType.values, v) ? BigInt(resolvedType.values[v] ?? 0) : toInt64(v, level);
    if (resolvedType instanceof protobuf.Type) {
      if (isWrapper(resolvedType) && !isMap(v)) return decodeField(resolvedType.fields['value'], v, level);
      return isMap(v) ? decodeMap(resolvedType, v, level) : v;
    }
    switch (f.type) {
      case 'double':
      case 'float':
        return toFloat(v, level === 'strict' ? 'sameKind' : level);
      case 'bool':
        return toBool(v, level);
      case 'string':
        return toText(v, level);
      case 'bytes':
        // JSON has bytes as base64
        return new Uint8Array(typeof v === 'string' && level !== 'all' ? toBytea(v, 'sameKind') : toBytes(v, 'sameKind'));
    }
    // JSON of protobuf writes 64 bits as text
    return typeof v === 'string' && /^-?\d+$/.test(v) && f.type.endsWith('64') ? BigInt.asIntN(64, BigInt(v)) : toInt64(v, level);
  } catch (error) {
    throw rowError(`invalid type of return value for '${f.name}': ${messageOf(error)}`);
  }
}

/** @source protobuf.dev, JSON mapping: lowerCamelCase unless json_name says otherwise */
export const jsonNameOf = (f: protobuf.Field): string => {
  const given: unknown = f.getOption('json_name');
  return typeof given === 'string' ? given : f.name.replaceAll(/_+([a-zA-Z0-9]?)/g, (_whole, c: string) => c.toUpperCase());
};

/** Fields → what JSON.stringify writes as JSON of protobuf: zero values are left out, 64 bits as text, bytes base64, enums by name. */
export function toProtoJson(type: protobuf.Type, fields: Fields): unknown {
  if (isWrapper(type)) {
    const f = type.fields['value'];
    return f ? oneToJson(f, fields['value'] ?? zeroOf(f)) : null;
  }
  if (type.fullName === '.google.protobuf.Timestamp')
    return new Date(Number(fields['seconds'] ?? 0) * 1000 + Math.floor(Number(fields['nanos'] ?? 0) / 1_000_000)).toISOString();
  const out: [string, unknown][] = [];
  for (const f of type.fieldsArray) {
    const v = fields[f.name];
    if (v === undefined || (isZero(v) && !f.partOf)) continue;
    const one = (e: unknown) => oneToJson(f, e);
    const map = f instanceof protobuf.MapField && isRecord(v);
    out.push([
      jsonNameOf(f),
      Array.isArray(v) ? v.map(one) : map ? Object.fromEntries(Object.entries(v).map(([k, e]) => [k, one(e)])) : one(v),
    ]);
  }
  return Object.fromEntries(out);
}

const isZero = (v: unknown): boolean =>
  v === 0n || v === 0 || v === '' || v === false || ((Array.isArray(v) || v instanceof Uint8Array) && v.length === 0);

const zeroOf = (f: protobuf.Field): unknown =>
  f.type === 'string' ? '' : f.type === 'bool' ? false : f.type === 'bytes' ? new Uint8Array(0) : INT.test(f.type) ? 0n : 0;

function oneToJson(f: protobuf.Field, v: unknown): unknown {
  const { resolvedType } = f;
  if (resolvedType instanceof protobuf.Enum) return resolvedType.valuesById[Number(v)] ?? Number(v);
  if (resolvedType instanceof protobuf.Type) return toProtoJson(resolvedType, isRecord(v) ? v : {});
  if (v instanceof Uint8Array) return Buffer.from(v).toString('base64');
  if (typeof v === 'bigint') return f.type.endsWith('64') ? v.toString() : Number(v);
  if (typeof v === 'number' && !Number.isFinite(v)) return Number.isNaN(v) ? 'NaN' : v > 0 ? 'Infinity' : '-Infinity';
  return v;
}
