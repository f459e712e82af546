// A function whose answer comes later (portable plugins, external services), as the planner sees it: the operator in which a call stands makes its row
// wait (exec/outside-stage.ts). Used by portable/portable-plugins.ts and services.
import { rowError } from '../base/errors/gateway-error.ts';
import { collectedArguments, perSite } from '../contract/collected-arguments.ts';
import type { AggregateDefinition, ArgFact, CallSite, FunctionDefinition, OutsidePlace, ScalarDefinition } from '../contract/function.ts';
import type { Value } from '../data/value.ts';

export interface OutsideFunction {
  name: string;
  group: string;
  doc: string;
  /** What it shares its order with: calls of one owner are asked in order. */
  owner: string;
  aggregate: boolean;
  /** eKuiper's text for a wrong number, or undefined. */
  validate?(args: readonly ArgFact[]): void;
  /** @throws rowError  @param place counts the places of calls */
  exec(args: unknown[], site: CallSite, place: number): Promise<Value>;
}

export function outsideFunction(f: OutsideFunction): FunctionDefinition {
  let places = 0;
  const placeOf = (site: CallSite): OutsidePlace => {
    const number = ++places;
    return {
      name: f.name,
      ask(args, done) {
        f.exec(args, site, number).then(
          (value) => done(value, undefined, false),
          (error: unknown) => done(undefined, error, false),
        );
      },
    };
  };
  const nowhere = () => rowError(`call func ${f.name} error: it runs outside of the gateway and cannot be used in this place`);
  const base = {
    name: f.name,
    group: f.group,
    params: [{ name: 'args', type: 'any', optional: true, rest: true }] as const,
    returns: 'unknown' as const,
    outside: f.owner,
    doc: f.doc,
    examples: [],
    ...(f.validate && { validate: f.validate }),
  };
  if (!f.aggregate)
    return {
      ...base,
      kind: 'scalar',
      nulls: 'pass',
      pure: false,
      compile(args, site) {
        const calls = site.env.outside;
        const place = placeOf(site);
        return (t) => {
          if (!calls) throw nowhere();
          return calls.call(place, () => args.map((arg) => arg(t)));
        };
      },
    } satisfies ScalarDefinition;
  const place = perSite(placeOf);
  return {
    ...base,
    kind: 'aggregate',
    ...collectedArguments,
    result(state, site) {
      const calls = site.env.outside;
      if (!calls) throw nowhere();
      return calls.call(place(site), () => [...state]);
    },
  } satisfies AggregateDefinition<Value[][]>;
}
