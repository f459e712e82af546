// SQL moving_avg(v, n).
import { spend } from '../../base/budget.ts';
import { rowError } from '../../base/errors/gateway-error.ts';
import { defineAnalytic, param } from '../../contract/function.ts';
import { brief } from '../../data/go-format.ts';
import { numberOf } from './step.ts';

const MAX_ROWS = 10_000;

export const movingAvg = defineAnalytic<number[]>({
  name: 'moving_avg',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('v', 'any'), param('n', 'any')],
  returns: 'float',
  doc: 'Mean of the last n values that are not null, the present one included; of fewer at first. n is from 1 to 10,000.',
  examples: [
    ['moving_avg(a, 3)', 5, { a: 5 }],
    ['moving_avg(a, 3)', null, { a: null }],
    ['moving_avg(a, 0)', { error: 'n must be a whole number from 1 to 10000' }, { a: 5 }],
  ],
  init: () => [],
  next(box, args, valid) {
    const v = numberOf('moving_avg', args[0]);
    const n = Number(args[1]);
    if (!Number.isInteger(n) || n < 1 || n > MAX_ROWS)
      throw rowError(`n must be a whole number from 1 to ${MAX_ROWS}, but is ${brief(args[1])}`);
    const list = box.state;
    if (v !== undefined && valid) list.push(Number(v));
    if (list.length > n) list.splice(0, list.length - n);
    if (list.length > 64) spend(list.length / 8);
    return list.length === 0 ? null : list.reduce((sum, x) => sum + x, 0) / list.length;
  },
});
