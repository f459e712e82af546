// SQL vars(expr).
import { defineMoment } from './float-moments.ts';

export const sampleVariance = defineMoment({
  name: 'vars',
  doc: 'Variance of a sample; of one value it is NaN.',
  of: (m) => m.m2 / (m.n - 1),
  one: Number.NaN,
});
