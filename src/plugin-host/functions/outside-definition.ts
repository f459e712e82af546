// A contained function as the planner gets it. Its calls are written as if they were here; the operator in which they stand makes rows wait for
// the answers (exec/outside-stage.ts). Also the questions to `validate`, which are answered later than the planner can wait.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import { collectedArguments, perSite } from '../../contract/collected-arguments.ts';
import type { AggregateDefinition, ArgFact, FunctionDefinition, ScalarDefinition } from '../../contract/function.ts';
import { toPlugin } from '../remote/plugin-values.ts';
import type { Base, LoadedFunction } from './inline-function.ts';
import { factsOf, type OutsidePlugin } from './outside-function.ts';

export function outsideDefinition(
  name: string,
  outside: OutsidePlugin,
  plugin: string,
  aggregate: boolean,
  base: Base,
): FunctionDefinition {
  const nowhere = () =>
    rowError(
      `call func ${name} error: it runs outside of the gateway and cannot be used in this place; \`kuiper plugin trust\` lets it run inside`,
    );
  if (!aggregate)
    return {
      ...base,
      kind: 'scalar',
      nulls: 'pass',
      pure: false,
      outside: plugin,
      compile(args, site) {
        const calls = site.env.outside;
        const place = outside.placeOf(name, site);
        const n = args.length;
        return (t) => {
          if (!calls) throw nowhere();
          return calls.call(place, () => {
            const values = new Array<unknown>(n);
            for (let i = 0; i < n; i++) values[i] = toPlugin(args[i]!(t));
            return values;
          });
        };
      },
    } satisfies ScalarDefinition;
  const place = perSite((site) => outside.placeOf(name, site));
  return {
    ...base,
    kind: 'aggregate',
    outside: plugin,
    ...collectedArguments,
    result(state, site) {
      const calls = site.env.outside;
      if (!calls) throw nowhere();
      return calls.call(place(site), () => state.map((column) => column.map(toPlugin)));
    },
  } satisfies AggregateDefinition<unknown[][]>;
}

/** What contained plugins say of arguments. The planner cannot wait: it is told what is known, and what is not known yet is asked; who plans
 *  for a user waits for `pending` and plans again. */
export interface Questions {
  /** @throws the plugin's text, when it has said no */
  ask(loaded: LoadedFunction, name: string, args: readonly ArgFact[]): void;
  /** Answers that are under way; each settles and never rejects. */
  pending(): readonly Promise<void>[];
}

/** Arguments of rules change seldom; this bounds what is remembered. */
const MAX_KNOWN = 1_000;

export function createQuestions(): Questions {
  const known = new WeakMap<LoadedFunction, Map<string, string>>();
  const underWay = new Map<string, Promise<void>>();
  return {
    ask(loaded, name, args) {
      const answers = known.get(loaded) ?? new Map<string, string>();
      known.set(loaded, answers);
      const key = `${name} ${textOf(args)}`;
      const answer = answers.get(key);
      if (answer) throw new Error(answer);
      if (answer !== undefined || underWay.has(key)) return;
      const asked = loaded.outside!.plugin.validate(name, args).then(
        () => '',
        (error: unknown) => messageOf(error) || 'refused',
      );
      underWay.set(
        key,
        asked.then((text) => {
          underWay.delete(key);
          if (answers.size >= MAX_KNOWN) answers.clear();
          answers.set(key, text);
        }),
      );
    },
    pending: () => [...underWay.values()],
  };
}

const textOf = (args: readonly ArgFact[]): string =>
  JSON.stringify(factsOf(args), (_key, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v));
