// SQL stddevs(expr).
import { defineMoment } from './float-moments.ts';

export const stddevs = defineMoment({
  name: 'stddevs',
  doc: 'Standard deviation of a sample; of one value it is NaN.',
  of: (m) => Math.sqrt(m.m2 / (m.n - 1)),
  one: Number.NaN,
});
