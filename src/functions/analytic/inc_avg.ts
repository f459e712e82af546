// SQL inc_avg(expr).
import { toFloat } from '../../data/cast.ts';
import { numberParam, refuseConditions } from '../aggregate/number-param.ts';
import { defineIncremental } from './incremental.ts';

export const incAvg = defineIncremental<{ sum: number; count: number }>({
  name: 'inc_avg',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'float',
  doc: 'Mean so far, as a float; text and booleans are converted.',
  examples: [
    ['inc_avg(a)', 5, { a: 5n }],
    ['inc_avg(a)', null, { a: null }],
    ['inc_avg(a)', { error: 'cannot convert string(x) to float64' }, { a: 'x' }],
  ],
  init: () => ({ sum: 0, count: 0 }),
  add: (s, v) => ({ sum: s.sum + toFloat(v, 'all'), count: s.count + 1 }),
  result: (s) => s.sum / s.count,
});
