// SQL inc_min(expr).
import type { Value } from '../../data/value.ts';
import { createExtreme, emptyExtreme } from '../aggregate/extreme.ts';
import { numberParam, refuseConditions } from '../aggregate/number-param.ts';
import { defineIncremental } from './incremental.ts';

const fold = createExtreme('min');

/** `last` is what the present row answers: null when it cannot be compared with the best so far, which then stays. */
interface Best {
  best: Value;
  last: Value;
}

export const incMin = defineIncremental<Best>({
  name: 'inc_min',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'unknown',
  doc: 'Smallest value so far; the type of the present row decides. A row that cannot be compared with the value so far gives null.',
  examples: [
    ['inc_min(a)', 5, { a: 5 }],
    ['inc_min(a)', null, { a: null }],
    ['inc_min(a)', null, { a: true }],
  ],
  init: () => ({ best: null, last: null }),
  add: ({ best }, v) => {
    const pair = fold.add(fold.add(emptyExtreme(), v), best);
    if (pair.best === null || pair.other !== undefined) return { best, last: null };
    return { best: pair.best, last: pair.best };
  },
  result: (state) => state.last,
});
