// SQL inc_max(expr).
import type { Value } from '../../data/value.ts';
import { createExtreme, emptyExtreme } from '../aggregate/extreme.ts';
import { numberParam, refuseConditions } from '../aggregate/number-param.ts';
import { defineIncremental } from './incremental.ts';

const fold = createExtreme('max');

/** `last` is what the present row answers: null when it cannot be compared with the best so far, which then stays. */
interface Best {
  best: Value;
  last: Value;
}

export const incMax = defineIncremental<Best>({
  name: 'inc_max',
  params: [numberParam],
  validate: refuseConditions,
  returns: 'unknown',
  doc: 'Largest value so far; the type of the present row decides. A row that cannot be compared with the value so far gives null.',
  examples: [
    ['inc_max(a)', 5, { a: 5 }],
    ['inc_max(a)', null, { a: null }],
    ['inc_max(a)', null, { a: true }],
  ],
  init: () => ({ best: null, last: null }),
  add: ({ best }, v) => {
    const pair = fold.add(fold.add(emptyExtreme(), v), best);
    if (pair.best === null || pair.other !== undefined) return { best, last: null };
    return { best: pair.best, last: pair.best };
  },
  result: (state) => state.last,
});
