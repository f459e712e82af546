// SQL last_hit_time().
import { defineAnalytic } from '../../contract/function.ts';

export const lastHitTime = defineAnalytic<number>({
  name: 'last_hit_time',
  group: 'analytic',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  afterWhere: true,
  doc: 'Timestamp of the previous row that passed the WHERE of the rule, epoch milliseconds; 0 at first. Not in queries with aggregates or joins.',
  examples: [['last_hit_time()', 0n]],
  init: () => 0,
  next(box, _args, valid, _site, tsMs) {
    const before = box.state;
    if (valid) box.state = tsMs;
    return BigInt(Math.trunc(before));
  },
});
