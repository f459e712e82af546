// STRICT_VALIDATION=TRUE: every declared field must exist (or have a DEFAULT) and is converted by the "same kind" rules of sql.md 3.3.
// Undeclared fields are left out. Used by source-node.ts through the pool's plan.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { FieldDef, FieldType, StreamSchema } from '../../contract/schema.ts';
import { toBool, toBytea, toFloat, toInt64, toText, toTextAlways } from '../../data/cast.ts';
import { toDateTime } from '../../data/datetime-from.ts';
import type { TimeEnv } from '../../data/datetime-parse.ts';
import { compileDatePattern, type DatePattern } from '../../data/datetime-pattern.ts';
import { nilArray } from '../../data/nil-array.ts';
import { setMember } from '../../data/set-member.ts';
import { isStruct, type Row, type Value } from '../../data/value.ts';

/** @throws (the returned function) rowError `error in preprocessor: field X is not found` or `… type mismatch: …` */
export function createStrictValidation(schema: StreamSchema, timeEnv: TimeEnv, timestampFormat?: string): (row: Row) => Row {
  const pattern = timestampFormat ? compileDatePattern(timestampFormat) : undefined;
  return (row) => {
    const out: Row = {};
    for (const f of schema) {
      const v = Object.hasOwn(row, f.name) ? row[f.name] : undefined;
      if (v === undefined) {
        if (f.default === undefined) throw rowError(`error in preprocessor: field ${f.name} is not found`);
        out[f.name] = f.default;
        continue;
      }
      try {
        out[f.name] = convert(v, f.type, timeEnv, pattern, true);
      } catch (error) {
        throw rowError(`error in preprocessor: field ${f.name} type mismatch: ${messageOf(error)}`);
      }
    }
    return out;
  };
}

/** @param lazy a member of a struct column that is missing or wrong fails whoever reads it (a rule that uses `h->y` only does not mind
 *  `h->x`, as with eKuiper's pruned fields); inside arrays it fails the row */
function convert(v: Value, type: FieldType, env: TimeEnv, pattern: DatePattern | undefined, lazy: boolean): Value {
  // a null container passes, a null scalar does not; a null array is Go's nil slice, which is there
  if (v === null && type.kind === 'array') return nilArray;
  if (v === null && type.kind === 'struct') return null;
  switch (type.kind) {
    case 'bigint':
      return toInt64(v, 'sameKind');
    case 'float':
      return toFloat(v, 'sameKind');
    case 'string':
      return typeof v === 'number' || typeof v === 'bigint' ? toTextAlways(v) : toText(v, 'sameKind');
    case 'boolean':
      return toBool(v, 'sameKind');
    case 'bytea':
      return toBytea(v, 'sameKind');
    case 'datetime':
      return toDateTime(v, env, pattern);
    case 'array':
      if (!Array.isArray(v)) throw new Error('expect array');
      try {
        return v.map((e) => convert(e, type.element, env, pattern, false));
      } catch (error) {
        throw new Error(`array element type mismatch: ${messageOf(error)}`);
      }
    case 'struct':
      return convertStruct(v, type.fields, (value, memberType) => convert(value, memberType, env, pattern, lazy), lazy);
  }
}

function convertStruct(v: Value, fields: readonly FieldDef[], convertMember: (v: Value, type: FieldType) => Value, lazy: boolean): Row {
  const o = typeof v === 'string' ? (JSON.parse(v) as Value) : v;
  if (!isStruct(o)) throw new Error('expect struct');
  const out: Row = {};
  for (const f of fields) {
    const member = Object.getOwnPropertyDescriptor(o, f.name);
    if (member?.get) {
      // a member that could not be decoded fails whoever reads it (codecs/json/decode.ts)
      Object.defineProperty(out, f.name, member);
      continue;
    }
    const value = member ? (member.value as Value) : f.default;
    try {
      if (value === undefined) throw rowError(`error in preprocessor: field ${f.name} is not found`);
      setMember(out, f.name, convertMember(value, f.type));
    } catch (error) {
      if (!lazy) throw error;
      Object.defineProperty(out, f.name, { get: () => fail(error), enumerable: true, configurable: true });
    }
  }
  return out;
}

function fail(error: unknown): never {
  throw error;
}
