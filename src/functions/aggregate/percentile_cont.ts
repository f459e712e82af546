// SQL percentile_cont(expr, p).
import { definePercentile, outOfRange } from './percentile.ts';

export const percentileCont = definePercentile({
  name: 'percentile_cont',
  doc:
    'Value at share p (0 < p <= 1) of the sorted values: place p * n counted from 1; between two places the mean of both. A single value is ' +
    'returned as it is; a place below 1 is an error. Nulls are ignored.',
  examples: [
    ['percentile_cont(a, 0.5)', 5, { a: 5 }],
    ['percentile_cont(a, 0.5)', null, { a: null }],
    ['percentile_cont(a, 0.5)', { error: 'requires float64 slice' }, { a: 'x' }],
  ],
  pick: (sorted, p) => {
    if (sorted.length === 1) return sorted[0]!;
    const percent = p * 100;
    if (!(percent > 0 && percent <= 100)) throw outOfRange();
    const place = (percent / 100) * sorted.length;
    const whole = Math.trunc(place);
    if (place === whole) return sorted[whole - 1]!;
    if (place < 1) throw outOfRange();
    return (sorted[whole - 1]! + sorted[whole]!) / 2;
  },
});
