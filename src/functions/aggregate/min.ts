// SQL min(expr).
import { type AggregateDefinition, defineAggregate, inStandard, param } from '../../contract/function.ts';
import { checkComparable, createBest, emptyBest } from './best-value.ts';
import { createExtreme, type Extreme, emptyExtreme } from './extreme.ts';
import { numberParam, refuseConditions } from './number-param.ts';

const fold = createExtreme('min');
const best = createBest('min');

export const min = inStandard(
  defineAggregate<Extreme>({
    name: 'min',
    group: 'aggregate',
    since: '0.1.0',
    params: [numberParam],
    validate: refuseConditions,
    returns: 'same',
    doc: 'Smallest value; nulls are ignored. The first value says the type: int (floats are cut), float or string (by bytes). Null without values.',
    examples: [
      ['min(a)', 'x', { a: 'x' }],
      ['min(a)', null, { a: null }],
      ['min(a)', { error: 'found invalid arg bool(true)' }, { a: true }],
    ],
    init: emptyExtreme,
    add: fold.add,
    result: fold.result,
    merge: fold.merge,
  }),
  {
    doc: 'Smallest value; nulls are ignored. Of numbers a float as soon as one is a float; texts by bytes; datetimes. Where kinds are mixed what most values are counts. Null without values.',
    // texts have a largest, too
    params: [param('expr', 'any')],
    init: emptyBest,
    check: checkComparable,
    add: best.add,
    result: best.result,
    merge: best.merge,
    left: best.left,
  } as Partial<AggregateDefinition>,
);
