// SQL delay(ms, value).
import { rowError } from '../../../base/errors/gateway-error.ts';
import { defineScalar, param } from '../../../contract/function.ts';
import { toFloat } from '../../../data/cast.ts';
import type { Value } from '../../../data/value.ts';

/** Longer waits would trip the watchdog and keep other rules from their messages. */
const MAX_DELAY_MS = 10_000;

export const delay = defineScalar({
  name: 'delay',
  group: 'other',
  since: '0.1.0',
  pure: false,
  nulls: 'null-or-empty',
  params: [param('delayMs', 'number'), param('value', 'any')],
  returns: 'same',
  doc: 'Waits, then gives the value. The whole gateway waits, at most 10 s: it is there to try things out, not for rules in production.',
  examples: [
    ['delay(1, 5)', 5n],
    ['delay(1, a)', null, { a: null }],
    ['delay("x", 5)', { error: 'Expect number - float or int type for parameter 1' }],
    ['delay(60000, 5)', { error: 'delay takes at most 10000 ms' }],
  ],
  exec: (delay: Value, value: Value) => {
    const delayMs = Math.trunc(toFloat(delay, 'sameKind'));
    if (delayMs > MAX_DELAY_MS) throw rowError(`delay takes at most ${MAX_DELAY_MS} ms, but got ${delayMs}`);
    if (delayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
    return value;
  },
});
