// STRICT_VALIDATION=TRUE: every declared field must exist (or have a DEFAULT) and is converted by the "same kind" rules of sql.md 3.3.
// Undeclared fields are left out. Used by source-node.ts through the pool's plan.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { FieldType, StreamSchema } from '../../contract/schema.ts';
import { toBool, toBytea, toFloat, toInt64, toText, toTextAlways } from '../../data/cast.ts';
import { toDateTime } from '../../data/datetime-from.ts';
import type { TimeEnv } from '../../data/datetime-parse.ts';
import { compileDatePattern, type DatePattern } from '../../data/datetime-pattern.ts';
import { nilArray } from '../../data/nil-array.ts';
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
        out[f.name] = convert(v, f.type, timeEnv, pattern);
      } catch (error) {
        throw rowError(`error in preprocessor: field ${f.name} type mismatch: ${messageOf(error)}`);
      }
    }
    return out;
  };
}

function convert(v: Value, type: FieldType, env: TimeEnv, pattern: DatePattern | undefined): Value {
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
        return v.map((e) => convert(e, type.element, env, pattern));
      } catch (error) {
        throw new Error(`array element type mismatch: ${messageOf(error)}`);
      }
    case 'struct': {
      const o = typeof v === 'string' ? (JSON.parse(v) as Value) : v;
      if (!isStruct(o)) throw new Error('expect struct');
      const out: Row = {};
      for (const f of type.fields) {
        const member = Object.getOwnPropertyDescriptor(o, f.name);
        // a member that could not be decoded fails whoever reads it (codecs/json/decode.ts)
        if (member?.get) Object.defineProperty(out, f.name, member);
        else if (member) out[f.name] = convert(member.value as Value, f.type, env, pattern);
      }
      return out;
    }
  }
}
