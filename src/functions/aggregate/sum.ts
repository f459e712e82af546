// SQL sum(expr).
import { type AggregateDefinition, defineAggregate, inStandard } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { addExactly, checkNumber, emptyExactTotal, exactTotalOf, mergeExactTotals } from './exact-total.ts';
import { numberParam, refuseConditions } from './number-param.ts';
import { addToTotal, emptyTotal, mergeTotals, type NumberTotal, totalOf } from './number-total.ts';

export const sum = inStandard(
  defineAggregate<NumberTotal>({
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
  }),
  {
    doc: 'Sum of the values that are not null: exact for ints, a float as soon as one value is a float. Null without values. A sum of ints that is no int64 is an error.',
    examples: [
      ['sum(a)', 9007199254740993n, { a: 9007199254740993n }],
      ['sum(a)', null, { a: null }],
      ['sum(a)', { error: 'run sum function error: found invalid arg string(x)' }, { a: 'x' }],
    ],
    init: emptyExactTotal,
    check: (v: Value) => checkNumber('sum', v),
    add: addExactly('sum'),
    result: exactTotalOf,
    merge: mergeExactTotals,
  } as Partial<AggregateDefinition>,
);
