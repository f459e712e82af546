// Conversion to a type that SQL names, for cast() and get_keyed_state(). Not a function itself.
import { isBudgetError } from '../../../base/budget.ts';
import { messageOf, rowError } from '../../../base/errors/gateway-error.ts';
import type { ArgFact } from '../../../contract/function.ts';
import { toBool, toBytea, toFloat, toInt64, toText } from '../../../data/cast.ts';
import { toDateTime } from '../../../data/datetime-from.ts';
import type { TimeEnv } from '../../../data/datetime-parse.ts';
import { brief } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

export const castTypes = ['bigint', 'float', 'string', 'boolean', 'datetime', 'bytea'] as const;

/** @throws rowError `not supported type conversion, got error …` */
export function castTo(v: Value, type: Value, env: TimeEnv): Value {
  switch (type) {
    case 'bigint':
      return wrapped(() => toInt64(v, 'all'));
    case 'float':
      return wrapped(() => toFloat(v, 'all'));
    case 'string':
      return wrapped(() => toText(v, 'all'));
    case 'boolean':
      return wrapped(() => toBool(v, 'all'));
    case 'datetime':
      return toDateTime(v, env);
    case 'bytea':
      return toBytea(v, 'all');
    default:
      throw rowError(
        typeof type === 'string'
          ? `unknown type, only support bigint, float, string, boolean, datetime and bytea, but got ${type}`
          : `expect string type for type name, but got ${brief(type)}`,
      );
  }
}

function wrapped<T>(convert: () => T): T {
  try {
    return convert();
  } catch (error) {
    if (isBudgetError(error)) throw error;
    throw rowError(`not supported type conversion, got error ${messageOf(error)}`);
  }
}

/** Check of the second argument when it is a literal. @throws Error with eKuiper's text */
export function checkTypeLiteral(fact: ArgFact | undefined, types: readonly string[], text: string): void {
  if (!fact?.literal) return;
  if (typeof fact.value !== 'string') throw new Error('Expect string type for parameter 1');
  if (!types.includes(fact.value)) throw new Error(text);
}
