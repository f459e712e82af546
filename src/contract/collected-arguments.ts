// Aggregates that somebody else computes (plugins, scripts, portable plugins): the arguments of a group are gathered, a list for each, and handed over
// whole. Used by their definitions, which add `result`.
import type { AggregateDefinition, CallSite } from './function.ts';

export const collectedArguments = {
  init: (site) => site.args.map(() => []),
  add(state, ...args) {
    for (let i = 0; i < state.length; i++) state[i]!.push(args[i]);
    return state;
  },
  merge: (a, b) => a.map((column, i) => [...column, ...(b[i] ?? [])]),
} satisfies Pick<AggregateDefinition<any[][]>, 'init' | 'add' | 'merge'>;

/** One thing for each place of a call, made when it is first asked for. */
export function perSite<T>(make: (site: CallSite) => T): (site: CallSite) => T {
  const made = new WeakMap<CallSite, T>();
  return (site) => {
    let own = made.get(site);
    if (own === undefined) made.set(site, (own = make(site)));
    return own;
  };
}
