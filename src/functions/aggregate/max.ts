// SQL max(expr).
import { defineAggregate } from '../../contract/function.ts';
import { createExtreme, type Extreme, emptyExtreme } from './extreme.ts';
import { numberParam, refuseConditions } from './number-param.ts';

const fold = createExtreme('max');

export const max = defineAggregate<Extreme>({
  name: 'max',
  group: 'aggregate',
  since: '0.1.0',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'same',
  doc: 'Largest value; nulls are ignored. The first value says the type: int (floats are cut), float or string (by bytes). Null without values.',
  examples: [
    ['max(a)', 'x', { a: 'x' }],
    ['max(a)', null, { a: null }],
    ['max(a)', { error: 'found invalid arg bool(true)' }, { a: true }],
  ],
  init: emptyExtreme,
  add: fold.add,
  result: fold.result,
  merge: fold.merge,
});
