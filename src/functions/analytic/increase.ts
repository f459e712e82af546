// SQL increase(v).
import { defineAnalytic, param } from '../../contract/function.ts';
import { type Before, nothingBefore, numberOf, stepOf } from './step.ts';

export const increase = defineAnalytic<Before>({
  name: 'increase',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('v', 'any')],
  returns: 'unknown',
  doc: 'How far a counter went since the row before; a smaller value than before is one after a reset, which began at 0. Null at first. Nulls are passed over. sum(increase(v) OVER (PARTITION BY d)) over a window loses nothing between two windows.',
  examples: [
    ['increase(a)', null, { a: 5 }],
    ['increase(a)', null, { a: null }],
    ['increase(a)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
  ],
  init: nothingBefore,
  next(box, args, valid) {
    const v = numberOf('increase', args[0]);
    const before = box.state.v;
    if (v === undefined || !valid) return null;
    box.state.v = v;
    return before === undefined ? null : stepOf(v, before);
  },
});
