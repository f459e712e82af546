// SQL last_agg_hit_time().
import { defineAggregate } from '../../contract/function.ts';

export const lastAggHitTime = defineAggregate<number>({
  name: 'last_agg_hit_time',
  group: 'aggregate',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  doc: 'Time of the previous result of this rule (end of its window), epoch milliseconds; 0 at first.',
  examples: [['last_agg_hit_time()', 0n]],
  init: () => 0,
  add: (state) => state,
  result: () => null, // not a fold: see `hit`
  hit: (box, update, tsMs) => {
    const before = box.state;
    if (update) box.state = tsMs;
    return BigInt(Math.trunc(before));
  },
});
