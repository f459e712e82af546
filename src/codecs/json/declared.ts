// Declared fields: what a JSON value becomes by the type of its column. Scalars of one type share one function, so that a stream with thousands of
// columns costs little. Used by decode.ts (from parsed objects) and skimmed.ts (from bytes).
import type { FieldDef, FieldType } from '../../contract/schema.ts';
import { markBad, throwWhenRead } from '../../data/bad-fields.ts';
import { formatFloat } from '../../data/go-format.ts';
import type { Row, Value } from '../../data/value.ts';
import { decodeError, int64, NumberText } from './numbers.ts';

/** @param name of the column, for errors  @throws rowError DECODE_FAILED */
export type Convert = (value: unknown, name: string) => Value;

export function hasBigint(type: FieldType): boolean {
  if (type.kind === 'array') return hasBigint(type.element);
  if (type.kind === 'struct') return type.fields.some((f) => hasBigint(f.type));
  return type.kind === 'bigint';
}

/** `__proto__` as a column name must not set the prototype. */
export function define(row: Row, name: string, value: Value): void {
  if (name === '__proto__') Object.defineProperty(row, name, { value, enumerable: true, configurable: true, writable: true });
  else row[name] = value;
}

/** Names that every object answers to by its prototype. */
const inherited = new Set(Object.getOwnPropertyNames(Object.prototype));

/** A column or member that cannot be read fails whoever reads it: a rule that uses `b`, or `h->y`, does not mind a bad `a`, or `h->x`. */
export function compileStruct(
  fields: readonly FieldDef[],
  bad: 'mark' | 'throw when read' | 'throw',
): (row: Record<string, unknown>) => Row {
  const names = fields.map((f) => f.name);
  const converts = fields.map((f) => compileType(f.type));
  return (row) => {
    const out: Row = {};
    for (let i = 0; i < names.length; i++) {
      const name = names[i]!;
      const value = !inherited.has(name) || Object.hasOwn(row, name) ? row[name] : undefined;
      if (value === undefined) continue;
      try {
        define(out, name, value === null ? null : converts[i]!(value, name));
      } catch (error) {
        if (bad === 'throw') throw error;
        if (bad === 'mark') markBad(out, name, error, true);
        else throwWhenRead(out, name, error);
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

const wrong = (value: unknown, name: string, kind: string) => decodeError(`${name} has wrong type:${jsonType(value)}, expect:${kind}`);

const numberOf = (value: unknown): number | undefined =>
  typeof value === 'number' ? value : value instanceof NumberText ? value.value : undefined;

type Scalar = Exclude<FieldType['kind'], 'array' | 'struct'>;

const scalars: Record<Scalar, Convert> = {
  bigint(value, name) {
    // not tricky, so it is a plain whole number
    if (typeof value === 'number') return BigInt(value);
    if (value instanceof NumberText)
      return int64(value.text, value.value, () =>
        decodeError(`unparsed tail left after parsing int64 form "${value.text}": "${value.text.replace(/^-?\d*/, '')}"`),
      );
    throw wrong(value, name, 'bigint');
  },
  float(value, name) {
    const n = numberOf(value);
    if (n === undefined) throw wrong(value, name, 'float');
    return n;
  },
  string(value, name) {
    if (typeof value === 'string') return value;
    const n = numberOf(value);
    if (n === undefined) throw wrong(value, name, 'string');
    return formatFloat(n);
  },
  boolean(value, name) {
    if (typeof value === 'boolean') return value;
    const n = numberOf(value);
    if (n !== undefined) return n !== 0;
    if (typeof value === 'string') {
      if (trueTexts.has(value)) return true;
      if (falseTexts.has(value)) return false;
      throw decodeError(`strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`);
    }
    throw wrong(value, name, 'boolean');
  },
  datetime(value, name) {
    if (typeof value === 'string') return value;
    const n = numberOf(value);
    if (n === undefined) throw wrong(value, name, 'datetime');
    return n;
  },
  bytea(value, name) {
    if (typeof value !== 'string') throw wrong(value, name, 'bytea');
    const isBase64 = value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value);
    return new Uint8Array(Buffer.from(value, isBase64 ? 'base64' : 'utf8'));
  },
};

export function compileType(type: FieldType, lazyMembers = true): Convert {
  switch (type.kind) {
    case 'array': {
      const element = compileType(type.element, false);
      return (value, name) => {
        if (!Array.isArray(value)) throw wrong(value, name, 'array');
        return value.map((e) => (e === null ? null : element(e, name)));
      };
    }
    case 'struct': {
      const struct = compileStruct(type.fields, lazyMembers ? 'throw when read' : 'throw');
      return (value, name) => {
        if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof NumberText)
          throw wrong(value, name, 'struct');
        return struct(value as Record<string, unknown>);
      };
    }
    default:
      return scalars[type.kind];
  }
}
