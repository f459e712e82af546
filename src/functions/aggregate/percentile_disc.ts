// SQL percentile_disc(expr, p).
import { definePercentile, outOfRange } from './percentile.ts';

export const percentileDisc = definePercentile({
  name: 'percentile_disc',
  doc: 'Value at share p (0..1) of the sorted values by nearest rank: place ceil(p * n) counted from 1, for p = 0 the smallest. Nulls are ignored.',
  examples: [
    ['percentile_disc(a, 0.5)', 5, { a: 5 }],
    ['percentile_disc(a, 0.5)', null, { a: null }],
    ['percentile_disc(a, 1.5)', { error: 'Input is outside of range.' }, { a: 5 }],
  ],
  pick: (sorted, p) => {
    const percent = p * 100;
    if (!(percent >= 0 && percent <= 100)) throw outOfRange();
    const place = Math.ceil((sorted.length * percent) / 100);
    return sorted[Math.max(0, Math.min(sorted.length, place) - 1)]!;
  },
});
