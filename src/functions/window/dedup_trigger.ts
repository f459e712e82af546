// SQL dedup_trigger(start, end, now, expireMs). The values are the operator's: it holds a row back until `end` and gives it the ranges of
// free-ranges.ts. Here are its name and its plan-time checks.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { type ArgFact, defineScalar, param } from '../../contract/function.ts';

function check(args: readonly ArgFact[]): void {
  args.slice(0, 3).forEach((arg, i) => {
    if (arg.node !== 'column') throw new Error(`dedup_trigger function should have fieldRef as the ${i + 1} argument`);
  });
  if (args[3]?.node !== 'int') throw new Error('dedup_trigger function should have integer as the fourth argument');
}

export const dedupTrigger = defineScalar({
  name: 'dedup_trigger',
  group: 'window',
  since: '0.1.0',
  pure: false,
  nulls: 'pass',
  params: [param('start', 'any'), param('end', 'any'), param('now', 'any'), param('expireMs', 'any')],
  countText: () => 'dedup_trigger function should have 4 arguments',
  validate: check,
  returns: 'array',
  doc:
    'Waits until the moment end of the row, then gives the parts of [start, end) that no earlier row of the last expireMs got, as {start_key, ' +
    'end_key} with epoch milliseconds as text. Only in the select list; the first three arguments are columns, the fourth an int.',
  examples: [
    ['dedup_trigger(a, b, c)', { error: 'dedup_trigger function should have 4 arguments' }],
    ['dedup_trigger(1, b, c, 1000)', { error: 'dedup_trigger function should have fieldRef as the 1 argument' }],
    ['dedup_trigger(a, b, c, d)', { error: 'dedup_trigger function should have integer as the fourth argument' }],
  ],
  compile: () => {
    throw new GatewayError('INTERNAL', { text: 'dedup_trigger is computed by its operator, only in the select list' });
  },
});
