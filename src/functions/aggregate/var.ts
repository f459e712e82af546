// SQL var(expr).
import { defineMoment } from './float-moments.ts';

export const variance = defineMoment({ name: 'var', doc: 'Variance of a population.', of: (m) => m.m2 / m.n, one: 0 });
