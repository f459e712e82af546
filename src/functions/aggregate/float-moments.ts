// Mean and squared deviations of numbers, one value at a time and without cancellation (Welford; merge by Chan et al.). State of stddev,
// stddevs, var and vars. Nulls are ignored, ints count as floats; anything else is an error that `result` throws.
import { rowError } from '../../base/errors/gateway-error.ts';
import { type AggregateDefinition, defineAggregate, inStandard } from '../../contract/function.ts';
import { describe } from '../../data/go-format.ts';
import type { Value } from '../../data/value.ts';
import { checkNumber } from './exact-total.ts';
import { numberParam, refuseConditions } from './number-param.ts';

/** Plain data. */
export interface Moments {
  n: number;
  mean: number;
  /** Sum of the squared deviations from the mean. */
  m2: number;
  /** First value that is not a number, as text. */
  notNumber?: string;
}

function add(m: Moments, v: Value): Moments {
  if (v == null) return m;
  if (typeof v !== 'number' && typeof v !== 'bigint') {
    m.notNumber ??= describe(v);
    return m;
  }
  const x = Number(v);
  m.n++;
  const delta = x - m.mean;
  m.mean += delta / m.n;
  m.m2 += delta * (x - m.mean);
  return m;
}

function merge(a: Moments, b: Moments): Moments {
  a.notNumber ??= b.notNumber;
  if (b.n === 0) return a;
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  a.m2 += b.m2 + delta * delta * ((a.n * b.n) / n);
  a.mean += delta * (b.n / n);
  a.n = n;
  return a;
}

/** @param about name, doc and value of the statistic from the moments of at least one value */
export const defineMoment = (about: { name: string; doc: string; of: (m: Moments) => number; one: number }): AggregateDefinition<Moments> =>
  inStandard(
    defineAggregate<Moments>({
      name: about.name,
      group: 'aggregate',
      since: '0.1.0',
      params: [numberParam],
      validate: refuseConditions,
      returns: 'float',
      doc: `${about.doc} Nulls are ignored; null without values.`,
      examples: [
        [`${about.name}(a)`, about.one, { a: 5 }],
        [`${about.name}(a)`, null, { a: null }],
        [`${about.name}(a)`, { error: 'requires float64 slice but found string(x)' }, { a: 'x' }],
      ],
      init: () => ({ n: 0, mean: 0, m2: 0 }),
      add,
      merge,
      result: (m) => {
        if (m.notNumber !== undefined) throw rowError(`requires float64 slice but found ${m.notNumber}`);
        return m.n === 0 ? null : about.of(m);
      },
    }),
    {
      doc: `${about.doc.replace('of one value it is NaN', 'of one value it is null')} Nulls are ignored; null without values.`,
      examples: [
        [`${about.name}(a)`, Number.isNaN(about.one) ? null : about.one, { a: 5 }],
        [`${about.name}(a)`, null, { a: null }],
        [`${about.name}(a)`, { error: 'found invalid arg string(x)' }, { a: 'x' }],
      ],
      check: (v: Value) => checkNumber(about.name, v),
      add: (m: Moments, v: Value) => {
        checkNumber(about.name, v);
        return add(m, v);
      },
      result: (m: Moments) => {
        const value = m.n === 0 ? Number.NaN : about.of(m);
        return Number.isFinite(value) ? value : null;
      },
    },
  );
