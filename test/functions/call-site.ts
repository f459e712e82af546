// A call site for tests that drive a definition directly, without SQL.
import { createVirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { AggregateDefinition, AnalyticDefinition, ArgFact, CallSite } from '../../src/contract/function.ts';
import type { Value } from '../../src/data/value.ts';

export function callSite(name: string, args: readonly Partial<ArgFact>[] = []): CallSite {
  const clock = createVirtualClock();
  return {
    name,
    args: args.map((a) => ({ text: '', node: 'column', literal: false, type: 'unknown', ...a })),
    env: {
      clock,
      log: createMemoryLog().log,
      timeZone: 'UTC',
      ruleId: 'test',
      random: () => 0.5,
      property: () => undefined,
      keyedState: { get: () => null, put: () => undefined },
    },
  };
}

/** Result of a fold over rows of arguments, or `{ $error }`. */
export function fold(definition: AggregateDefinition, rows: readonly (readonly Value[])[]): unknown {
  return finish(definition, foldState(definition, rows));
}

export function foldState(definition: AggregateDefinition, rows: readonly (readonly Value[])[]): unknown {
  const site = callSite(definition.name);
  let state = definition.init(site);
  for (const row of rows) state = definition.add(state, ...row);
  return state;
}

export function finish(definition: AggregateDefinition, state: unknown): unknown {
  try {
    return definition.result(state, callSite(definition.name));
  } catch (error) {
    return { $error: (error as Error).message };
  }
}

/** What an analytic function answers row by row; the state goes through a structured clone between rows, as through a checkpoint. */
export function answers(
  definition: AnalyticDefinition,
  rows: readonly { args: readonly Value[]; valid?: boolean; tsMs?: number }[],
  facts: readonly Partial<ArgFact>[] = [],
): unknown[] {
  const site = callSite(definition.name, facts);
  let box = { state: definition.init(site) };
  return rows.map(({ args, valid = true, tsMs = 0 }) => {
    box = structuredClone(box);
    try {
      return definition.next(box, args, valid, site, tsMs);
    } catch (error) {
      return { $error: (error as Error).message };
    }
  });
}
