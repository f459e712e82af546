// Calls a scalar definition directly with constant arguments, without SQL: for property tests over many values.
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { ArgFact, CallSite, Expr, FunctionEnv, ScalarDefinition } from '../../src/contract/function.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';

const row = new Tuple([], 0);

export function testEnv(more: Partial<FunctionEnv> = {}): FunctionEnv {
  let seed = 1;
  return {
    clock: createVirtualClock(),
    log: createMemoryLog().log,
    timeZone: 'UTC',
    ruleId: 'rule1',
    // Park and Miller's generator: the same numbers in every run
    random: () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    },
    property: () => undefined,
    keyedState: { get: () => undefined, put: () => undefined },
    ...more,
  };
}

/** One place of a call: state of the call (a compression method, a generator) lives as long as the returned function. */
export function prepare(definition: ScalarDefinition, env: FunctionEnv = testEnv()): (...args: Value[]) => Value {
  let values: readonly Value[] = [];
  let body: Expr | undefined;
  return (...args) => {
    values = args;
    if (definition.exec) return definition.exec(...args);
    body ??= definition.compile!(
      args.map((_, i) => () => values[i]),
      siteOf(definition, args, env),
    );
    return body(row);
  };
}

/** One call of its own. */
export const call = (definition: ScalarDefinition, ...args: Value[]): Value => prepare(definition)(...args);

function siteOf(definition: ScalarDefinition, args: readonly Value[], env: FunctionEnv): CallSite {
  const fact = (): ArgFact => ({ text: '', node: 'column', literal: false, type: 'unknown' });
  return { name: definition.name, args: args.map(fact), env };
}
