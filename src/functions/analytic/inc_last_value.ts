// SQL inc_last_value(expr, ignoreNull).
import { rowError } from '../../base/errors/gateway-error.ts';
import { param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { numberParam, refuseConditions } from '../aggregate/number-param.ts';
import { defineIncremental } from './incremental.ts';

export const incLastValue = defineIncremental<Value>({
  name: 'inc_last_value',
  // A boolean literal is refused ("Expect number …"): the wrong check of eKuiper, recorded and kept.
  params: [numberParam, param('ignoreNull', 'number')],
  validate: refuseConditions,
  returns: 'unknown',
  doc: 'Last value that is not null. ignoreNull is a boolean column; a literal is refused.',
  examples: [
    ['inc_last_value(a, b)', 5, { a: 5, b: true }],
    ['inc_last_value(a, b)', null, { a: null, b: true }],
    ['inc_last_value(a, b)', { error: 'second argument is not a bool' }, { a: 5, b: 1 }],
  ],
  init: () => null,
  add: (_last, v, ignoreNull) => {
    if (typeof ignoreNull !== 'boolean') throw rowError('second argument is not a bool');
    return v;
  },
  result: (last) => last,
});
