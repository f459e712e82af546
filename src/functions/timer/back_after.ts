// SQL back_after(unit, n).
import { defineAnalytic } from '../../contract/function.ts';
import { checkSpan, spanMs, spanParams } from './span.ts';

type State = { lastMs: number | undefined };

export const backAfter = defineAnalytic<State>({
  name: 'back_after',
  group: 'timer',
  since: '0.2.0',
  onlyStandard: true,
  params: spanParams(),
  validate: (args) => checkSpan(args, 0),
  returns: 'boolean',
  doc: 'True for the first row after a silence of at least so long; the counterpart of silent_for. False for the very first row.',
  examples: [
    ['back_after(mi, 10)', false, { a: 5 }],
    ['back_after(10)', { error: 'Expect 2 arguments but found 1.' }],
  ],
  init: () => ({ lastMs: undefined }),
  next(box, args, valid, site, tsMs) {
    if (!valid) return false;
    const { lastMs } = box.state;
    box.state.lastMs = tsMs;
    return lastMs !== undefined && tsMs - lastMs >= spanMs(site, args, 0);
  },
  timer: { dueMs: () => undefined, fire: () => false, look: () => false },
});
