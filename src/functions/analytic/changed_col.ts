// SQL changed_col(ignoreNull, expr).
import { rowError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, defineAnalytic, param } from '../../contract/function.ts';
import { deepEqual } from '../../data/compare.ts';
import { brief } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { expectType, isNumberFact, isTextFact } from '../literal-kinds.ts';

export const changedCol = defineAnalytic<Value>({
  name: 'changed_col',
  group: 'analytic',
  since: '0.1.0',
  params: [param('ignoreNull', 'any'), param('expr', 'any')],
  validate: (args: readonly ArgFact[]) => {
    if (isNumberFact(args[0]) || isTextFact(args[0])) throw expectType('boolean', 1);
  },
  returns: 'unknown',
  doc: 'Value of expr when it differs from the row before, else null. With ignoreNull a null counts as unchanged; without it a change to null is remembered.',
  examples: [
    ['changed_col(true, a)', 5, { a: 5 }],
    ['changed_col(true, a)', null, { a: null }],
    ['changed_col(b, a)', { error: 'first arg is not a bool but got x' }, { a: 5, b: 'x' }],
  ],
  init: () => null,
  next(box, args, valid) {
    const [ignoreNull, expr] = args;
    if (typeof ignoreNull !== 'boolean') throw rowError(`first arg is not a bool but got ${brief(ignoreNull)}`);
    const v = expr ?? null;
    if (!valid || (ignoreNull && v === null) || deepEqual(v, box.state)) return null;
    box.state = v;
    return v;
  },
});
