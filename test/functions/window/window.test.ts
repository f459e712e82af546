import { expect, it } from 'vitest';
import { Tuple } from '../../../src/data/tuple.ts';
import * as window from '../../../src/functions/window/index.ts';
import { callSite } from '../call-site.ts';

const { eventTime, rowNumber, windowEnd, windowStart, windowTrigger } = window;
const read = (d: typeof eventTime, t: Tuple) => d.compile!([], callSite(d.name))(t);

it('window functions read the range of the row, null outside a window', () => {
  const inside = new Tuple([], 15.5, undefined, undefined, { startMs: 10, endMs: 20.9, triggerMs: 18 });
  expect([windowStart, windowEnd, windowTrigger, eventTime].map((d) => read(d, inside))).toEqual([10n, 20n, 18n, 15n]);
  expect([windowStart, windowEnd, windowTrigger, eventTime].map((d) => read(d, new Tuple([], 7)))).toEqual([null, null, null, 7n]);
});

it('row_number counts from 1', () => {
  expect([0, 1, 2].map((i) => rowNumber.over!(i, [], []))).toEqual([1n, 2n, 3n]);
});
