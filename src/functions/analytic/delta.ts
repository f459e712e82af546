// SQL delta(v).
import { defineAnalytic, param } from '../../contract/function.ts';
import { type Before, minus, nothingBefore, numberOf } from './step.ts';

export const delta = defineAnalytic<Before>({
  name: 'delta',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('v', 'any')],
  returns: 'unknown',
  doc: 'Difference to the value of the row before, also below 0; null at first. Nulls are passed over.',
  examples: [
    ['delta(a)', null, { a: 5 }],
    ['delta(a)', null, { a: null }],
    ['delta(a)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
  ],
  init: nothingBefore,
  next(box, args, valid) {
    const v = numberOf('delta', args[0]);
    const before = box.state.v;
    if (v === undefined || !valid) return null;
    box.state.v = v;
    return before === undefined ? null : minus(v, before);
  },
});
