// SQL inc_sum(expr).
import { toFloat } from '../../data/cast.ts';
import { numberParam, refuseConditions } from '../aggregate/number-param.ts';
import { defineIncremental } from './incremental.ts';

export const incSum = defineIncremental<number>({
  name: 'inc_sum',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'float',
  doc: 'Sum so far, as a float; text and booleans are converted.',
  examples: [
    ['inc_sum(a)', 5, { a: 5n }],
    ['inc_sum(a)', null, { a: null }],
    ['inc_sum(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  init: () => 0,
  add: (sum, v) => sum + toFloat(v, 'all'),
  result: (sum) => sum,
});
