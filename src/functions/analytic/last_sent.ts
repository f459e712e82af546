// SQL last_sent(expr[, default]).
import { defineAnalytic, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';

export const lastSent = defineAnalytic<{ v: Value } | null>({
  name: 'last_sent',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('expr', 'any'), param('default', 'any', { optional: true })],
  returns: 'unknown',
  afterWhere: true,
  doc: 'Value of expr in the last row that the WHERE of the rule let through, or the default (null) before there is one: WHERE abs(v - last_sent(v, -1000)) > 5 OR event_time() - last_sent(event_time(), 0) >= 60000 sends what has moved, and something each minute. Not in queries with aggregates or joins.',
  examples: [
    ['last_sent(a)', null, { a: 5 }],
    ['last_sent(a, 7)', 7n, { a: 5 }],
  ],
  init: () => null,
  next(box, args, valid) {
    const before = box.state;
    if (valid) box.state = { v: args[0] ?? null };
    return before === null ? (args[1] ?? null) : before.v;
  },
});
