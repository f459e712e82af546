// SQL silent_for(unit, n).
import { defineAnalytic } from '../../contract/function.ts';
import { checkSpan, spanMs, spanParams } from './span.ts';

/** When the silence is long enough; undefined: it is known already, or there was no row. */
type State = { dueMs: number | undefined };

export const silentFor = defineAnalytic<State>({
  name: 'silent_for',
  group: 'timer',
  since: '0.2.0',
  onlyStandard: true,
  params: spanParams(),
  validate: (args) => checkSpan(args, 0),
  returns: 'boolean',
  doc:
    'True once, when there was no row for so long: the rule is evaluated at that moment with the last row, of the key with OVER (PARTITION BY …). ' +
    'False for every row that comes. Rows for which OVER (WHEN …) is false do not count as a sign of life.',
  examples: [
    ['silent_for(mi, 10)', false, { a: 5 }],
    ['silent_for(mi, 0)', { error: 'Expect a number greater than 0 for parameter 2' }],
  ],
  init: () => ({ dueMs: undefined }),
  next(box, args, valid, site, tsMs) {
    if (valid) box.state.dueMs = tsMs + spanMs(site, args, 0);
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
