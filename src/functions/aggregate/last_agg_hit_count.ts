// SQL last_agg_hit_count().
import { defineAggregate } from '../../contract/function.ts';

export const lastAggHitCount = defineAggregate<bigint>({
  name: 'last_agg_hit_count',
  group: 'aggregate',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  doc: 'Number of earlier results of this rule, 0 at first. In HAVING only results that passed the whole condition count.',
  examples: [['last_agg_hit_count()', 0n]],
  init: () => 0n,
  add: (state) => state,
  result: () => null, // not a fold: see `hit`
  hit: (box, update) => {
    const before = box.state;
    if (update) box.state = before + 1n;
    return before;
  },
});
