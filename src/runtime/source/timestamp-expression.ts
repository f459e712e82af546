// TIMESTAMP as an SQL expression (`cast(ts, "bigint") * 1000`, `params->ts`, `coalesce(ts, time)`). Loaded by source-pool.ts for streams that have
// one: parser and compiler are not needed else.
import { compileExpression } from '../../compile/compile-expression.ts';
import type { FunctionEnv } from '../../contract/function.ts';
import type { TimeEnv } from '../../data/datetime-parse.ts';
import type { Row, Value } from '../../data/value.ts';
import { createFunctionCatalogue } from '../../functions/index.ts';
import { parseExpression } from '../../sql/index.ts';
import type { Environment } from '../environment.ts';

/** @returns undefined when the text is no expression: then it is the name of a column (`event time`)
 *  @throws GatewayError PLAN_* for an expression that does not go, e.g. an unknown function */
export function timestampExpression(text: string, env: Environment, time: TimeEnv): ((row: Row) => Value) | undefined {
  let parsed: ReturnType<typeof parseExpression>;
  try {
    parsed = parseExpression(text);
  } catch {
    // a name with blanks or signs
    return undefined;
  }
  const functions: FunctionEnv = {
    clock: env.clock,
    log: env.log,
    timeZone: time.timeZone,
    ruleId: '',
    random: () => env.random(),
    property: (name) => env.deps.property?.(name),
    keyedState: { get: () => undefined, put: () => undefined },
  };
  return compileExpression(parsed, { functions: createFunctionCatalogue(), env: functions, sql: text, standard: true });
}
