// SQL stddev(expr).
import { defineMoment } from './float-moments.ts';

export const stddev = defineMoment({
  name: 'stddev',
  doc: 'Standard deviation of a population.',
  of: (m) => Math.sqrt(m.m2 / m.n),
  one: 0,
});
