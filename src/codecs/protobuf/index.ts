// FORMAT="protobuf", SCHEMAID="schema.Message": package protobufjs by reflection on the .proto text of the schema registry. int64 fields
// are bigint, bytes stay bytes, enums are numbers, missing proto3 fields have their default.
import protobuf from 'protobufjs';
import { isBudgetError } from '../../base/budget.ts';
import { GatewayError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { CodecDefinition, CodecOptions } from '../../contract/codec.ts';
import type { Row } from '../../data/value.ts';
import { fromValue, messageToRow } from './values.ts';
import { weighMessage } from './weigh.ts';

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

export default {
  kind: 'codec',
  name: 'protobuf',
  createDecoder(options) {
    const type = loadType(options);
    return {
      grows: true,
      decode(payload) {
        try {
          weighMessage(type, payload);
          const message = type.decode(payload);
          return messageToRow(type, type.toObject(message, { defaults: true, arrays: true, objects: true }) as Record<string, unknown>);
        } catch (error) {
          if (isBudgetError(error)) throw error;
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
