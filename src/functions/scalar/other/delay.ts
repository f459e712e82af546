// SQL delay(ms, value). The rule's results wait, nothing sleeps: see docs/adr/0052-delay-without-sleeping.md.
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';

/** A day: messages wait for their confirmation meanwhile, and longer is a slip of the unit. */
const MAX_DELAY_MS = 86_400_000;

export const delay = defineScalar({
  name: 'delay',
  group: 'other',
  since: '0.1.0',
  pure: false,
  nulls: 'null-or-empty',
  params: [param('delayMs', 'number'), param('value', 'any')],
  returns: 'same',
  doc: "Gives the value; what the rule sends of this row goes to its sinks so many milliseconds later, and later rows of the rule wait behind it. Other rules don't.",
  examples: [
    ['delay(1, 5)', 5n],
    ['delay(1, a)', null, { a: null }],
    ['delay("x", 5)', { error: 'Expect number - float or int type for parameter 1' }],
    ['delay(90000000, 5)', { error: 'delay takes at most 86400000 ms' }],
  ],
  compile:
    ([ms, value], { env }) =>
    (t) => {
      const delayMs = Math.trunc(toFloat(ms!(t), 'sameKind'));
      if (delayMs > MAX_DELAY_MS) throw rowError(`delay takes at most ${MAX_DELAY_MS} ms, but got ${delayMs}`);
      if (delayMs > 0) env.wait?.(delayMs);
      return value!(t);
    },
});
