// SQL repeat_while(condition, unit, n).
import { defineAnalytic, param } from '../../contract/function.ts';
import { checkSpan, spanMs, spanParams } from './span.ts';

type State = {
  /** When it is told next; undefined: the condition does not hold. */
  dueMs: number | undefined;
  everyMs: number;
};

export const repeatWhile = defineAnalytic<State>({
  name: 'repeat_while',
  group: 'timer',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('condition', 'any'), ...spanParams()],
  validate: (args) => checkSpan(args, 1),
  returns: 'boolean',
  doc:
    'True for the row with which the condition begins to hold, and again each time that so long has passed, until a row for which it is false or null. ' +
    'With latch: repeat_while(latch(a > 80, ack = true), mi, 5) tells of an alarm until it is acknowledged.',
  examples: [
    ['repeat_while(a > 4, mi, 5)', true, { a: 5 }],
    ['repeat_while(a > 4, mi, 5)', false, { a: 4 }],
  ],
  init: () => ({ dueMs: undefined, everyMs: 0 }),
  next(box, args, valid, site, tsMs) {
    if (!valid) return false;
    const { state } = box;
    if (args[0] !== true) {
      state.dueMs = undefined;
      return false;
    }
    if (state.dueMs !== undefined) return false;
    state.everyMs = spanMs(site, args, 1);
    state.dueMs = tsMs + state.everyMs;
    return true;
  },
  timer: {
    dueMs: (state) => state.dueMs,
    fire(box, dueMs, nowMs) {
      // what a standstill has missed is told once
      const { state } = box;
      state.dueMs = dueMs + (Math.floor((nowMs - dueMs) / state.everyMs) + 1) * state.everyMs;
      return true;
    },
    look: () => false,
  },
});
