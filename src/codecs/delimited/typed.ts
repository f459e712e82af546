// Text of a field → value of the declared type. An empty text is null for all types but STRING.
import { rowError } from '../../base/errors/gateway-error.ts';
import type { FieldType } from '../../contract/schema.ts';
import { parseGoBool, parseGoFloat, parseGoInt } from '../../data/go-numbers.ts';
import type { Value } from '../../data/value.ts';

/** @throws rowError DECODE_FAILED */
export function typedField(text: string, type: FieldType, name: string): Value {
  if (type.kind === 'string') return text;
  const given = text.trim();
  if (given === '') return null;
  let value: Value;
  switch (type.kind) {
    case 'bigint':
      value = parseGoInt(given);
      break;
    case 'float':
      value = parseGoFloat(given);
      break;
    case 'boolean':
      value = parseGoBool(given);
      break;
    case 'datetime':
      return given;
    case 'bytea':
      return new Uint8Array(Buffer.from(given, 'base64'));
    default:
      value = undefined;
  }
  if (value === undefined)
    throw rowError(`${name} has wrong type:string ${JSON.stringify(given.slice(0, 50))}, expect:${type.kind}`, 'DECODE_FAILED');
  return value;
}
