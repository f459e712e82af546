// SQL latch(set, reset[, unit, n]).
import { defineAnalytic, param } from '../../contract/function.ts';
import { checkSpan, spanMs, spanParams } from './span.ts';

type State = {
  on: boolean;
  /** When it goes off by itself. */
  dueMs: number | undefined;
};

export const latch = defineAnalytic<State>({
  name: 'latch',
  group: 'timer',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('set', 'any'), param('reset', 'any'), ...spanParams(true)],
  validate(args) {
    if (args.length > 2) checkSpan(args, 2);
  },
  returns: 'boolean',
  doc:
    'Goes on with a row for which set is true and off with one for which reset is true (set goes first); between them it stays as it is: hysteresis, or an ' +
    'alarm until it is acknowledged. With unit and n it also goes off by itself so long after the last row for which set was true. ' +
    'had_changed(true, latch(…)) tells when it changes.',
  examples: [
    ['latch(a > 80, a < 75)', true, { a: 90 }],
    ['latch(a > 80, a < 75)', false, { a: 78 }],
    ['latch(a > 80, a < 75, mi, 10)', true, { a: 81 }],
    ['latch(a > 80, a < 75, mi)', { error: 'Expect a number of mi for parameter 4' }, { a: 81 }],
  ],
  init: () => ({ on: false, dueMs: undefined }),
  next(box, args, valid, site, tsMs) {
    const { state } = box;
    if (!valid) return state.on;
    if (args[0] === true) {
      state.on = true;
      if (site.args.length > 2) state.dueMs = tsMs + spanMs(site, args, 2);
    } else if (args[1] === true) {
      state.on = false;
      state.dueMs = undefined;
    }
    return state.on;
  },
  timer: {
    dueMs: (state) => state.dueMs,
    fire(box) {
      box.state.on = false;
      box.state.dueMs = undefined;
      return false;
    },
    look: (state) => state.on,
  },
});
