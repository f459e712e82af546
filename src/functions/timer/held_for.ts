// SQL held_for(condition, unit, n).
import { defineAnalytic, param } from '../../contract/function.ts';
import { checkSpan, spanMs, spanParams } from './span.ts';

type State = {
  /** The condition holds, whether it was told or not. */
  holds: boolean;
  /** When it has held for long enough; undefined: told already, or it does not hold. */
  dueMs: number | undefined;
};

export const heldFor = defineAnalytic<State>({
  name: 'held_for',
  group: 'timer',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('condition', 'any'), ...spanParams()],
  validate: (args) => checkSpan(args, 1),
  returns: 'boolean',
  doc:
    'True once, when the condition has held for so long, whether a row comes at that moment or not. It holds from the first row for which it is true ' +
    'until a row for which it is false or null; then it may begin again.',
  examples: [
    ['held_for(a > 4, ss, 10)', false, { a: 5 }],
    ['held_for(a > 4, 10)', { error: 'Expect 3 arguments but found 2.' }, { a: 5 }],
  ],
  init: () => ({ holds: false, dueMs: undefined }),
  next(box, args, valid, site, tsMs) {
    if (!valid) return false;
    const { state } = box;
    const holds = args[0] === true;
    if (holds && !state.holds) state.dueMs = tsMs + spanMs(site, args, 1);
    if (!holds) state.dueMs = undefined;
    state.holds = holds;
    return false;
  },
  timer: {
    dueMs: (state) => state.dueMs,
    fire(box) {
      box.state.dueMs = undefined;
      return true;
    },
    look: () => false,
  },
});
