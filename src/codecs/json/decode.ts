// JSON bytes → rows. Schemaless: numbers are float (or int64 with useInt64ForWholeNumber). With declared fields the declared type decides
// and other fields are left out (spec: sql.md 3.2; declared.ts). JSON.parse does the work; only texts that hold a number form which it cannot
// tell apart (1 and 1.0, 1e3, more than 15 digits) take the slow way with the source text of each number. Large messages of a stream with declared
// fields are not parsed but for the fields that are read (skimmed.ts).
import { nestingText } from '../../base/budget.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { CodecOptions, Decoder } from '../../contract/codec.ts';
import { markBad, throwWhenRead } from '../../data/bad-fields.ts';
import { tooDeep } from '../../data/json-nesting.ts';
import type { Row, Value } from '../../data/value.ts';
import { compileStruct, define, hasBigint } from './declared.ts';
import { decodeError, int64, NumberText, parseWithTexts, trickyNumber } from './numbers.ts';
import { createRowReader } from './skimmed.ts';

/** Without whole numbers JSON.parse is faster on small messages of which most is read: with fewer bytes than this for each field that is read. */
const SKIM_BYTES_PER_FIELD = 64;
/** From here on the object that JSON.parse makes costs more than it saves. */
const SKIM_BYTES = 16 * 1024;

export function createJsonDecoder(options: CodecOptions): Decoder {
  const { schema, useInt64ForWholeNumber = false } = options;
  const mapping = options.colAliasMapping && Object.keys(options.colAliasMapping).length ? options.colAliasMapping : undefined;
  const needsTexts = useInt64ForWholeNumber || schema?.some((f) => hasBigint(f.type)) === true;
  const convert: ((row: Record<string, unknown>) => Row) | undefined = schema?.length
    ? compileStruct(schema, 'mark')
    : useInt64ForWholeNumber
      ? rowToInt64
      : undefined;

  const names = new Set(schema?.map((f) => f.name));
  // of two declared fields with one name JSON.parse's way knows what holds
  const readRow = schema?.length && !mapping && names.size === schema.length ? createRowReader(schema) : undefined;

  // whole numbers would cost JSON.parse a call for each value
  const skimFrom = needsTexts ? 0 : Math.min(SKIM_BYTES, SKIM_BYTES_PER_FIELD * (schema?.length ?? 0));

  const one = (value: unknown): Row => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof NumberText)
      throw decodeError('only map[string]interface{} and []map[string]interface{} is supported');
    const named = mapping ? rename(value as Record<string, unknown>, mapping) : (value as Record<string, unknown>);
    return convert ? convert(named) : (named as Row);
  };

  return {
    decode(payload) {
      if (readRow !== undefined && payload.length >= skimFrom && typeof payload !== 'string') {
        const row = readRow(payload);
        if (row !== undefined) return row;
      }
      const text = Buffer.isBuffer(payload)
        ? payload.toString()
        : typeof payload === 'string'
          ? payload
          : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString();
      if (tooDeep(text)) throw decodeError(`invalid JSON payload: ${nestingText}`);
      let value: unknown;
      try {
        value = needsTexts && trickyNumber.test(text) ? parseWithTexts(text) : JSON.parse(text);
      } catch (error) {
        throw decodeError(`invalid JSON payload: ${messageOf(error)}`);
      }
      return Array.isArray(value) ? value.map(one) : one(value);
    },
  };
}

function rename(row: Record<string, unknown>, mapping: Record<string, string>): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const k of Object.keys(row)) out[Object.hasOwn(mapping, k) ? mapping[k]! : k] = row[k];
  return out;
}

/** useInt64ForWholeNumber: number texts without a point are int64; any other form of a number must have one. A number that is neither costs only
 *  those who read its field. */
function rowToInt64(row: Record<string, unknown>): Row {
  const out: Row = {};
  for (const k of Object.keys(row)) {
    let nested: unknown;
    try {
      define(
        out,
        k,
        wholeToInt64(row[k], (error) => (nested ??= error)),
      );
      if (nested !== undefined) markBad(out, k, nested, false);
    } catch (error) {
      markBad(out, k, error, true);
    }
  }
  return out;
}

/** @param tell hears of bad numbers inside of lists and objects, which throw when they are read */
function wholeToInt64(value: unknown, tell: (error: unknown) => void): Value {
  if (value instanceof NumberText) {
    if (value.text.includes('.')) return value.value;
    return int64(value.text, value.value, () => decodeError(`cannot parse "${value.text}" as a whole number`));
  }
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) : value;
  const into = (target: object, key: string | number, v: unknown): void => {
    try {
      const converted = wholeToInt64(v, tell);
      if (typeof key === 'string') define(target as Row, key, converted);
      else (target as Value[])[key] = converted;
    } catch (error) {
      tell(error);
      throwWhenRead(target, key, error);
    }
  };
  if (Array.isArray(value)) {
    const out: Value[] = new Array(value.length);
    for (let i = 0; i < value.length; i++) into(out, i, value[i]);
    return out;
  }
  if (typeof value === 'object' && value !== null) {
    const out: Row = {};
    for (const k of Object.keys(value)) into(out, k, (value as Record<string, unknown>)[k]);
    return out;
  }
  return value as Value;
}
