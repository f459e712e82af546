// FORMAT="protobuf", SCHEMAID="schema.Message": package protobufjs by reflection on the .proto text of the schema registry. int64 fields
// are bigint, bytes stay bytes, enums are numbers, missing proto3 fields have their default.
import protobuf from 'protobufjs';
import { GatewayError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { CodecDefinition, CodecOptions } from '../../contract/codec.ts';
import type { Row, Value, ValueObject } from '../../data/value.ts';
import { isDateTime } from '../../data/value.ts';

/** @throws GatewayError CODEC_SCHEMA when the schema or message is missing or wrong */
function loadType(options: CodecOptions): protobuf.Type {
  const id = options.schemaId ?? '';
  const dot = id.lastIndexOf('.');
  const fail = (problem: string) => new GatewayError('CODEC_SCHEMA', { id, problem });
  if (dot <= 0) throw fail('write SCHEMAID as schema.Message');
  if (!options.schemas) throw fail('no schema registry is available here');
  const [schema, message] = [id.slice(0, dot), id.slice(dot + 1)];
  let text: string;
  try {
    text = options.schemas.read('protobuf', schema);
  } catch (error) {
    throw fail(messageOf(error));
  }
  try {
    const root = protobuf.parse(text, new protobuf.Root(), { keepCase: true }).root;
    return root.resolveAll().lookupType(message);
  } catch (error) {
    throw fail(messageOf(error));
  }
}

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
function messageToRow(type: protobuf.Type, object: Record<string, unknown>): Row {
  const row: Row = {};
  for (const field of type.fieldsArray) {
    if (!(field.name in object)) continue;
    row[field.name] = fieldToValue(field, object[field.name]);
  }
  return row;
}

function fieldToValue(field: protobuf.Field, v: unknown): Value {
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

/** Value → what protobufjs encodes. */
function fromValue(v: Value, field: protobuf.Field | undefined): unknown {
  if (Array.isArray(v)) return v.map((e) => fromValue(e, field));
  if (typeof v === 'bigint')
    return field && isInt64(field.type) ? Long.fromString(v.toString(), field.type.startsWith('u') || field.type === 'fixed64') : Number(v);
  if (isDateTime(v)) return v.epochMs;
  if (v instanceof Uint8Array || typeof v !== 'object' || v === null) return v;
  const inner = field?.resolvedType instanceof protobuf.Type ? field.resolvedType : undefined;
  return Object.fromEntries(Object.entries(v).map(([k, e]) => [k, fromValue(e, inner?.fields[k])]));
}

export default {
  kind: 'codec',
  name: 'protobuf',
  createDecoder(options) {
    const type = loadType(options);
    return {
      decode(payload) {
        try {
          const message = type.decode(payload);
          return messageToRow(type, type.toObject(message, { defaults: true, arrays: true, objects: true }) as Record<string, unknown>);
        } catch (error) {
          throw rowError(`error deserializing protobuf ${options.schemaId}: ${messageOf(error)}`, 'DECODE_FAILED');
        }
      },
    };
  },
  createEncoder(options) {
    const type = loadType(options);
    const one = (row: Row): Uint8Array => {
      const object = Object.fromEntries(
        type.fieldsArray.filter((f) => row[f.name] !== undefined && row[f.name] !== null).map((f) => [f.name, fromValue(row[f.name], f)]),
      );
      const problem = type.verify(object);
      if (problem) throw rowError(`error serializing protobuf ${options.schemaId}: ${problem}`);
      return type.encode(type.fromObject(object)).finish();
    };
    return { encode: (data) => (Array.isArray(data) ? Buffer.concat(data.map(one)) : one(data)) };
  },
} satisfies CodecDefinition;
