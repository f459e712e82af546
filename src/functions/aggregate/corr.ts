// SQL corr(y, x).
import { defineAggregate, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { checkNumber } from './exact-total.ts';

/** Plain data: means, and sums of products of the deviations from them. */
interface Pairs {
  n: number;
  meanX: number;
  meanY: number;
  xx: number;
  yy: number;
  xy: number;
}

export const corr = defineAggregate<Pairs>({
  name: 'corr',
  group: 'aggregate',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('y', 'number'), param('x', 'number')],
  returns: 'float',
  doc: 'Correlation of two columns after Pearson, from -1 to 1. Rows with a null are ignored; null for fewer than two rows and where one column does not vary.',
  examples: [
    ['corr(a, b)', null, { a: 1, b: 2 }],
    ['corr(a, b)', null, { a: null, b: 2 }],
    ['corr(a, b)', { error: 'found invalid arg string(x)' }, { a: 'x', b: 2 }],
  ],
  init: () => ({ n: 0, meanX: 0, meanY: 0, xx: 0, yy: 0, xy: 0 }),
  check: (y: Value, x: Value) => {
    checkNumber('corr', y);
    checkNumber('corr', x);
  },
  add: (s, y: Value, x: Value) => {
    checkNumber('corr', y);
    checkNumber('corr', x);
    if (x == null || y == null) return s;
    const [a, b] = [Number(x), Number(y)];
    s.n++;
    const dx = a - s.meanX;
    const dy = b - s.meanY;
    s.meanX += dx / s.n;
    s.meanY += dy / s.n;
    s.xx += dx * (a - s.meanX);
    s.yy += dy * (b - s.meanY);
    s.xy += dx * (b - s.meanY);
    return s;
  },
  merge: (a, b) => {
    if (b.n === 0) return a;
    if (a.n === 0) return { ...b };
    const n = a.n + b.n;
    const dx = b.meanX - a.meanX;
    const dy = b.meanY - a.meanY;
    const share = (a.n * b.n) / n;
    return {
      n,
      meanX: a.meanX + (dx * b.n) / n,
      meanY: a.meanY + (dy * b.n) / n,
      xx: a.xx + b.xx + dx * dx * share,
      yy: a.yy + b.yy + dy * dy * share,
      xy: a.xy + b.xy + dx * dy * share,
    };
  },
  result: (s) => {
    const r = s.xy / Math.sqrt(s.xx * s.yy);
    return s.n < 2 || !Number.isFinite(r) ? null : Math.max(-1, Math.min(1, r));
  },
});
