// JSON bytes → rows. Schemaless: numbers are float (or int64 with useInt64ForWholeNumber). With declared fields the declared type decides
// and other fields are left out (spec: sql.md 3.2). JSON.parse does the work; only texts that hold a number form which it cannot
// tell apart (1 and 1.0, 1e3, more than 15 digits) take the slow way with the source text of each number.
import { nestingText } from '../../base/budget.ts';
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { CodecOptions, Decoder } from '../../contract/codec.ts';
import type { FieldDef, FieldType } from '../../contract/schema.ts';
import { markBad, throwWhenRead } from '../../data/bad-fields.ts';
import { formatFloat } from '../../data/go-format.ts';
import { tooDeep } from '../../data/json-nesting.ts';
import type { Row, Value } from '../../data/value.ts';

/** A number that JSON.parse would change or make indistinguishable: exponent, fraction, or 16 and more digits. */
const trickyNumber = /\d[eE]|\d\.\d|\d{16}/;
const wholeNumber = /^-?\d+$/;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

/** A JSON number with its text, where the text matters. */
class NumberText {
  readonly text: string;
  readonly value: number;
  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }
}

const decodeError = (text: string) => rowError(text, 'DECODE_FAILED');

export function createJsonDecoder(options: CodecOptions): Decoder {
  const { schema, useInt64ForWholeNumber = false } = options;
  const mapping = options.colAliasMapping && Object.keys(options.colAliasMapping).length ? options.colAliasMapping : undefined;
  const needsTexts = useInt64ForWholeNumber || schema?.some((f) => hasBigint(f.type)) === true;
  const convert: ((row: Record<string, unknown>) => Row) | undefined = schema?.length
    ? compileStruct(schema, 'mark')
    : useInt64ForWholeNumber
      ? rowToInt64
      : undefined;

  const one = (value: unknown): Row => {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof NumberText)
      throw decodeError('only map[string]interface{} and []map[string]interface{} is supported');
    const named = mapping ? rename(value as Record<string, unknown>, mapping) : (value as Record<string, unknown>);
    return convert ? convert(named) : (named as Row);
  };

  return {
    decode(payload) {
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

/** JSON.parse that keeps the text of each number. @throws SyntaxError */
function parseWithTexts(text: string): unknown {
  return JSON.parse(text, ((_key: string, value: unknown, context: { source?: string }) =>
    typeof value === 'number' ? new NumberText(context.source!, value) : value) as (key: string, value: unknown) => unknown);
}

function hasBigint(type: FieldType): boolean {
  if (type.kind === 'array') return hasBigint(type.element);
  if (type.kind === 'struct') return type.fields.some((f) => hasBigint(f.type));
  return type.kind === 'bigint';
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

function int64(text: string, value: number, fail: () => Error): bigint {
  if (!wholeNumber.test(text)) throw fail();
  // longer ones do not fit, and would take long
  if (text.length > 20) throw fail();
  const v = Number.isSafeInteger(value) ? BigInt(value) : BigInt(text);
  if (v < MIN_INT64 || v > MAX_INT64) throw fail();
  return v;
}

/** `__proto__` as a column name must not set the prototype. */
function define(row: Row, name: string, value: Value): void {
  if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
  else row[name] = value;
}

type Convert = (value: unknown) => Value;

/** A column or member that cannot be read fails whoever reads it: a rule that uses `b`, or `h->y`, does not mind a bad `a`, or `h->x`. */
function compileStruct(fields: readonly FieldDef[], bad: 'mark' | 'throw when read' | 'throw'): (row: Record<string, unknown>) => Row {
  const parts = fields.map((f) => ({ name: f.name, convert: compileType(f.type, f.name), plain: !(f.name in Object.prototype) }));
  return (row) => {
    const out: Row = {};
    for (const part of parts) {
      const value = part.plain ? row[part.name] : Object.hasOwn(row, part.name) ? row[part.name] : undefined;
      if (value === undefined) continue;
      try {
        define(out, part.name, value === null ? null : part.convert(value));
      } catch (error) {
        if (bad === 'throw') throw error;
        if (bad === 'mark') markBad(out, part.name, error, true);
        else throwWhenRead(out, part.name, error);
      }
    }
    return out;
  };
}

/** JSON type name as eKuiper's errors print it. */
function jsonType(value: unknown): string {
  if (typeof value === 'number' || value instanceof NumberText) return 'number';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return String(value);
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : 'object';
}

const trueTexts = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const falseTexts = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function compileType(type: FieldType, name: string, lazyMembers = true): Convert {
  const wrong = (value: unknown) => decodeError(`${name} has wrong type:${jsonType(value)}, expect:${type.kind}`);
  const numberOf = (value: unknown): number | undefined =>
    typeof value === 'number' ? value : value instanceof NumberText ? value.value : undefined;
  switch (type.kind) {
    case 'bigint':
      return (value) => {
        if (typeof value === 'number') {
          // not tricky, so it is a plain whole number
          return BigInt(value);
        }
        if (value instanceof NumberText)
          return int64(value.text, value.value, () =>
            decodeError(`unparsed tail left after parsing int64 form "${value.text}": "${value.text.replace(/^-?\d*/, '')}"`),
          );
        throw wrong(value);
      };
    case 'float':
      return (value) => {
        const n = numberOf(value);
        if (n === undefined) throw wrong(value);
        return n;
      };
    case 'string':
      return (value) => {
        if (typeof value === 'string') return value;
        const n = numberOf(value);
        if (n === undefined) throw wrong(value);
        return formatFloat(n);
      };
    case 'boolean':
      return (value) => {
        if (typeof value === 'boolean') return value;
        const n = numberOf(value);
        if (n !== undefined) return n !== 0;
        if (typeof value === 'string') {
          if (trueTexts.has(value)) return true;
          if (falseTexts.has(value)) return false;
          throw decodeError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
        }
        throw wrong(value);
      };
    case 'datetime':
      return (value) => {
        if (typeof value === 'string') return value;
        const n = numberOf(value);
        if (n === undefined) throw wrong(value);
        return n;
      };
    case 'bytea':
      return (value) => {
        if (typeof value !== 'string') throw wrong(value);
        const isBase64 = value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
        return new Uint8Array(Buffer.from(value, isBase64 ? 'base64' : 'utf8'));
      };
    case 'array': {
      const element = compileType(type.element, name, false);
      return (value) => {
        if (!Array.isArray(value)) throw wrong(value);
        return value.map((e) => (e === null ? null : element(e)));
      };
    }
    case 'struct': {
      const struct = compileStruct(type.fields, lazyMembers ? 'throw when read' : 'throw');
      return (value) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof NumberText) throw wrong(value);
        return struct(value as Record<string, unknown>);
      };
    }
  }
}
