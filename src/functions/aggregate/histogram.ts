// SQL histogram(expr, low, high, buckets).
import { rowError } from '../../base/errors/gateway-error.ts';
import { defineAggregate, param } from '../../contract/function.ts';
import type { Value } from '../../data/value.ts';
import { checkNumber } from './exact-total.ts';

const MAX_BUCKETS = 1000;

function checkBuckets(v: Value, low: Value, high: Value, buckets: Value): void {
  for (const x of [v, low, high, buckets]) checkNumber('histogram', x);
  const n = Number(buckets);
  if (!Number.isInteger(n) || n < 1 || n > MAX_BUCKETS) throw rowError(`buckets must be a whole number from 1 to ${MAX_BUCKETS}`);
  if (!(Number(low) < Number(high))) throw rowError('low must be below high');
}

export const histogram = defineAggregate<number[]>({
  name: 'histogram',
  group: 'aggregate',
  since: '0.2.0',
  onlyStandard: true,
  params: [param('expr', 'number'), param('low', 'number'), param('high', 'number'), param('buckets', 'number')],
  returns: 'array',
  doc: 'Numbers of values in so many equal buckets from low to high: a list of ints, each bucket without its upper end. The first element counts what is below low, the last one what is high or above. Nulls are ignored; at most 1,000 buckets.',
  examples: [
    ['histogram(a, 0, 10, 2)', [0n, 0n, 1n, 0n], { a: 5 }],
    ['histogram(a, 0, 10, 2)', [0n, 0n, 0n, 1n], { a: 10 }],
    ['histogram(a, 0, 10, 2)', null, { a: null }],
    ['histogram(a, 0, 10, 0)', { error: 'buckets must be a whole number from 1 to 1000' }, { a: 5 }],
    ['histogram(a, 1, 1, 2)', { error: 'low must be below high' }, { a: 5 }],
  ],
  init: () => [],
  check: checkBuckets,
  add: (counts, v: Value, low: Value, high: Value, buckets: Value) => {
    checkBuckets(v, low, high, buckets);
    if (v == null) return counts;
    const n = Number(buckets);
    while (counts.length < n + 2) counts.push(0);
    const place = Math.floor(((Number(v) - Number(low)) / (Number(high) - Number(low))) * n) + 1;
    counts[Math.max(0, Math.min(n + 1, place))]!++;
    return counts;
  },
  merge: (a, b) => (a.length === 0 ? b : b.length === 0 ? a : a.map((n, i) => n + (b[i] ?? 0))),
  result: (counts) => (counts.length === 0 ? null : counts.map(BigInt)),
});
