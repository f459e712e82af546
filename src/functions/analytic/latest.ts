// SQL latest(expr[, default]).
import { defineAnalytic, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';

export const latest = defineAnalytic<Value>({
  name: 'latest',
  group: 'analytic',
  since: '0.1.0',
  params: [param('expr', 'any'), param('default', 'any', { optional: true })],
  countText: (found) => `expect one or two args but got ${found}`,
  returns: 'unknown',
  doc: 'Last value of expr that was not null, or the default (null) before there is one. Rows for which OVER (WHEN …) is false are not taken.',
  examples: [
    ['latest(a)', 5, { a: 5 }],
    ['latest(a)', null, { a: null }],
    ['latest(a, 7)', 7n, { a: null }],
  ],
  init: () => null,
  next(box, args, valid) {
    const v = args[0];
    if (valid && v != null) {
      box.state = v;
      return v;
    }
    return box.state ?? args[1] ?? null;
  },
});
