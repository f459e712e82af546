// SQL inc_collect(expr).
import { reserveArray } from '../../base/budget.ts';
import type { Value } from '../../data/value.ts';
import { numberParam, refuseConditions } from '../aggregate/number-param.ts';
import { defineIncremental } from './incremental.ts';

export const incCollect = defineIncremental<Value[]>({
  name: 'inc_collect',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'array',
  doc: 'Array of all values so far that are not null.',
  examples: [
    ['inc_collect(a)', [5], { a: 5 }],
    ['inc_collect(a)', null, { a: null }],
  ],
  init: () => [],
  add: (list, v) => {
    if (list.length > 64) reserveArray(list.length + 1);
    return [...list, v];
  },
  result: (list) => list,
});
