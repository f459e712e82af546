// SQL sum(expr).
import { defineAggregate } from '../../contract/function.ts';
import { numberParam, refuseConditions } from './number-param.ts';
import { addToTotal, emptyTotal, mergeTotals, type NumberTotal, totalOf } from './number-total.ts';

export const sum = defineAggregate<NumberTotal>({
  name: 'sum',
  group: 'aggregate',
  since: '0.1.0',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'unknown',
  doc: 'Sum of the values that are not null: an int when the first of them is one (floats are cut), else a float. Null without values.',
  examples: [
    ['sum(a)', 5n, { a: 5n }],
    ['sum(a)', null, { a: null }],
    ['sum(a)', { error: 'run sum function error: found invalid arg string(x)' }, { a: 'x' }],
  ],
  init: emptyTotal,
  add: addToTotal,
  result: (total) => totalOf(total, 'sum'),
  merge: mergeTotals,
});
