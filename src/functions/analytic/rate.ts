// SQL rate(v).
import { defineAnalytic, param } from '../../contract/function.ts';
import { type Before, nothingBefore, numberOf, stepOf } from './step.ts';

export const rate = defineAnalytic<Before>({
  name: 'rate',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('v', 'any')],
  returns: 'float',
  doc: 'How far a counter went since the row before, per second, by the times of the rows; a smaller value than before is one after a reset. Null at first and for rows of equal time.',
  examples: [
    ['rate(a)', null, { a: 5 }],
    ['rate(a)', null, { a: null }],
    ['rate(a)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
  ],
  init: nothingBefore,
  next(box, args, valid, _site, tsMs) {
    const v = numberOf('rate', args[0]);
    if (v === undefined || !valid) return null;
    const before = box.state;
    box.state = { v, tsMs };
    if (before.v === undefined || tsMs <= before.tsMs) return null;
    return Number(stepOf(v, before.v)) / ((tsMs - before.tsMs) / 1000);
  },
});
