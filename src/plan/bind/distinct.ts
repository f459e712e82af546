// `count(DISTINCT x)`: the aggregate takes each value once per group. Values are equal as in GROUP BY (data/group-key.ts).
import type { AggregateDefinition } from '../../contract/function.ts';
import { addToGroupKey } from '../../data/group-key.ts';
import type { Value } from '../../data/value.ts';

interface Seen {
  /** Own keys are those of values that were taken. A Map, since it is a part of checkpoints and its keys come from messages. */
  readonly keys: Map<string, true>;
  inner: unknown;
}

const keyOf = (args: readonly Value[]): string => args.reduce<string>(addToGroupKey, '');

export function distinctOf(def: AggregateDefinition): AggregateDefinition<Seen> {
  const { merge: _merge, ...rest } = def;
  return {
    ...rest,
    init: (site) => ({ keys: new Map(), inner: def.init(site) }),
    add(state, ...args: Value[]) {
      const key = keyOf(args);
      if (state.keys.has(key)) return state;
      state.inner = def.add(state.inner, ...args);
      state.keys.set(key, true);
      return state;
    },
    result: (state, site) => def.result(state.inner, site),
    ...(def.left && { left: (state: Seen) => def.left!(state.inner) }),
  };
}
