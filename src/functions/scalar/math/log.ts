// SQL log(x) and log(base, x).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import { formatFloat } from '../../../data/go-format.ts';
import type { Value } from '../../../data/value.ts';

export const log = defineScalar({
  name: 'log',
  group: 'math',
  since: '0.1.0',
  pure: true,
  nulls: 'null-or-empty',
  // eKuiper checks the literal of the first argument only
  params: [param('xOrBase', 'number'), param('x', 'any', { optional: true })],
  countText: () => 'Expect 1 or 2 arguments only',
  returns: 'float',
  doc: 'log(x) is the logarithm to base 10, log(base, x) the one to another base: the base comes first. A negative argument is an error.',
  examples: [
    ['log(1000)', Math.log10(1000)],
    ['log(2, 8)', Math.log(8) / Math.log(2)],
    ['log(a)', null, { a: null }],
    ['log(-1)', { error: 'The argument must be a strictly positive number but got -1' }],
  ],
  exec: (...args: Value[]) => {
    const first = toFloat(args[0], 'sameKind');
    const result = args.length === 1 ? Math.log10(first) : Math.log(toFloat(args[1], 'sameKind')) / Math.log(first);
    if (Number.isNaN(result)) throw rowError(`The argument must be a strictly positive number but got ${formatFloat(first)}`);
    return result;
  },
});
