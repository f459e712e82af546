// SQL avg(expr).
import { type AggregateDefinition, defineAggregate, inStandard } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { addExactly, checkNumber, type ExactTotal, emptyExactTotal, mergeExactTotals } from './exact-total.ts';
import { numberParam, refuseConditions } from './number-param.ts';
import { addToTotal, emptyTotal, mergeTotals, type NumberTotal, totalOf } from './number-total.ts';

export const avg = inStandard(
  defineAggregate<NumberTotal>({
    name: 'avg',
    group: 'aggregate',
    since: '0.1.0',
    params: [numberParam],
    validate: refuseConditions,
    returns: 'unknown',
    doc: 'Mean of the values that are not null. Ints are divided as ints: the mean of 1 and 2 is 1. Null without values.',
    examples: [
      ['avg(a)', 2.5, { a: 2.5 }],
      ['avg(a)', null, { a: null }],
      ['avg(a)', { error: 'run avg function error: found invalid arg bool(true)' }, { a: true }],
    ],
    init: emptyTotal,
    add: addToTotal,
    result: (total) => {
      const all = totalOf(total, 'avg');
      return all === null ? null : typeof all === 'bigint' ? all / BigInt(total.count) : all / total.count;
    },
    merge: mergeTotals,
  }),
  {
    returns: 'float',
    doc: 'Mean of the values that are not null, a float. Null without values.',
    examples: [
      ['avg(a)', 2.5, { a: 2.5 }],
      ['avg(a)', 5, { a: 5n }],
      ['avg(a)', null, { a: null }],
      ['avg(a)', { error: 'run avg function error: found invalid arg bool(true)' }, { a: true }],
    ],
    init: emptyExactTotal,
    check: (v: Value) => checkNumber('avg', v),
    add: addExactly('avg'),
    result: (total: ExactTotal) => (total.count === 0 ? null : (total.floats + Number(total.ints)) / total.count),
    merge: mergeExactTotals,
  } as Partial<AggregateDefinition>,
);
