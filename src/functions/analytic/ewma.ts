// SQL ewma(v, alpha).
import { rowError } from '../../base/errors/gateway-error.ts';
import { defineAnalytic, param } from '../../contract/function.ts';
import { brief } from '../../data/go-format.ts';
import { numberOf } from './step.ts';

export const ewma = defineAnalytic<number | null>({
  name: 'ewma',
  group: 'analytic',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('v', 'any'), param('alpha', 'any')],
  returns: 'float',
  doc: 'Exponentially weighted moving average: alpha × v + (1 - alpha) × the average before; the first value begins. alpha is above 0 and at most 1. Nulls leave it as it is.',
  examples: [
    ['ewma(a, 0.5)', 5, { a: 5 }],
    ['ewma(a, 0.5)', null, { a: null }],
    ['ewma(a, 0)', { error: 'alpha must be above 0 and at most 1' }, { a: 5 }],
    ['ewma(a, 0.5)', { error: 'found invalid arg string(x)' }, { a: 'x' }],
  ],
  init: () => null,
  next(box, args, valid) {
    const v = numberOf('ewma', args[0]);
    const alpha = Number(args[1]);
    if (!(alpha > 0 && alpha <= 1)) throw rowError(`alpha must be above 0 and at most 1, but is ${brief(args[1])}`);
    if (v !== undefined && valid) box.state = box.state === null ? Number(v) : alpha * Number(v) + (1 - alpha) * box.state;
    return box.state;
  },
});
