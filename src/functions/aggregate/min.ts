// SQL min(expr).
import { defineAggregate } from '../../contract/function.ts';
import { createExtreme, type Extreme, emptyExtreme } from './extreme.ts';
import { numberParam, refuseConditions } from './number-param.ts';

const fold = createExtreme('min');

export const min = defineAggregate<Extreme>({
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
});
