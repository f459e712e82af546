// SQL last_hit_count().
import { defineAnalytic } from '../../contract/function.ts';

export const lastHitCount = defineAnalytic<bigint>({
  name: 'last_hit_count',
  group: 'analytic',
  since: '0.1.0',
  params: [],
  returns: 'bigint',
  afterWhere: true,
  doc: 'Number of earlier rows that passed the WHERE of the rule, 0 at first. Not in queries with aggregates or joins.',
  examples: [['last_hit_count()', 0n]],
  init: () => 0n,
  next(box, _args, valid) {
    const before = box.state;
    if (valid) box.state = before + 1n;
    return before;
  },
});
