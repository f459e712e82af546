// A function of JavaScript as the planner sees it. Made by script-files.ts.
import { GatewayError, messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { collectedArguments, perSite } from '../../contract/collected-arguments.ts';
import type { AggregateDefinition, CallSite, Expr, FunctionDefinition } from '../../contract/function.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { Value } from '../../data/value.ts';
import type { ScriptPlace } from './pool.ts';

/** @param placeOf makes a place of a call */
export function definitionOfScript(
  { id, description, isAgg }: { id: string; description: string; isAgg: boolean },
  placeOf: (site: CallSite) => ScriptPlace,
): FunctionDefinition {
  const base = {
    name: id,
    group: 'script',
    params: [{ name: 'args', type: 'any', optional: true, rest: true }] as const,
    returns: 'unknown' as const,
    doc: description || `Function ${id} of JavaScript.`,
    examples: [],
  };
  const failed = (error: unknown): GatewayError =>
    error instanceof GatewayError && error.code !== 'EVAL_FAILED' ? error : rowError(`call func ${id} error: ${messageOf(error)}`);
  if (!isAgg)
    return {
      ...base,
      kind: 'scalar',
      nulls: 'pass',
      pure: false,
      compile(args: readonly Expr[], site): Expr {
        const place = placeOf(site);
        const values = new Array<Value>(args.length);
        return (t: Tuple) => {
          for (let i = 0; i < args.length; i++) values[i] = args[i]!(t);
          try {
            return place.call(values);
          } catch (error) {
            throw failed(error);
          }
        };
      },
    };
  const place = perSite(placeOf);
  return {
    ...base,
    kind: 'aggregate',
    ...collectedArguments,
    result(state, site) {
      const own = place(site);
      try {
        return own.call(state);
      } catch (error) {
        throw failed(error);
      }
    },
  } satisfies AggregateDefinition<Value[][]>;
}
