import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AggregateDefinition } from '../../../src/contract/function.ts';
import type { Value } from '../../../src/data/value.ts';
import * as aggregates from '../../../src/functions/aggregate/index.ts';
import { finish, fold, foldState } from '../call-site.ts';

const { avg, collect, count, deduplicate, lastAggHitCount, lastAggHitTime, lastValue, max, median, mergeAgg, min } = aggregates;
const { percentileCont, percentileDisc, sampleVariance, stddev, stddevs, sum, variance } = aggregates;
const column = (...values: Value[]) => values.map((v) => [v]);
const of = (definition: AggregateDefinition, ...values: Value[]) => fold(definition, column(...values));

describe('an empty window', () => {
  it('is null, for collect []', () => {
    const empty = Object.values(aggregates)
      .filter((d) => !d.hit)
      .map((d) => [d.name, fold(d, [])]);
    expect(empty.filter(([, v]) => v !== null)).toEqual([['collect', []]]);
  });
});

describe('count', () => {
  it('counts what is not null', () => {
    expect(of(count, 1, null, undefined, 'x')).toBe(2n);
    expect(of(count, null)).toBe(0n);
  });
});

describe('sum and avg', () => {
  it('the first value says the type', () => {
    expect(of(sum, 1n, 2.9, 3n)).toBe(6n);
    expect(of(avg, 1n, 2n)).toBe(1n);
    expect(of(avg, -1n, -2n)).toBe(-1n);
    expect(of(sum, null, 1.5, 2.5)).toBe(4);
    expect(of(avg, 1, null, 2)).toBe(1.5);
  });

  it('an int after a float is an error, and so is a text', () => {
    expect(of(sum, 1.5, 2n)).toEqual({ $error: 'requires float64 but found int64(2)' });
    expect(of(sum, 1n, 'x')).toEqual({ $error: 'requires int but found string(x)' });
    expect(of(sum, 1.5, true)).toEqual({ $error: 'requires float64 but found bool(true)' });
    expect(of(sum, 'x', 1)).toEqual({ $error: 'run sum function error: found invalid arg string(x)' });
    expect(of(avg, 'x', 1)).toEqual({ $error: 'run avg function error: found invalid arg string(x)' });
  });

  it('int sums wrap at 64 bits', () => {
    expect(of(sum, 2n ** 63n - 1n, 1n)).toBe(-(2n ** 63n));
  });

  it('an infinite float among ints is an error, also when states are joined', () => {
    const inf = Number.POSITIVE_INFINITY;
    expect(of(sum, 1n, inf)).toEqual({ $error: 'requires int but found float64(+Inf)' });
    const joined = sum.merge!(foldState(sum, column(1n)) as never, foldState(sum, column(inf)) as never);
    expect(finish(sum, joined)).toEqual({ $error: 'requires int but found float64(+Inf)' });
  });

  it('all null is null', () => {
    expect(of(sum, null, null)).toBeNull();
    expect(of(avg, null)).toBeNull();
  });
});

describe('max and min', () => {
  it('by the type of the first value', () => {
    expect(of(max, 2, 3.5, 1)).toBe(3.5);
    expect(of(min, 2n, 1.9, 3n)).toBe(1n);
    expect(of(max, 'b', 'a', 'ä')).toBe('ä');
    expect(of(min, null, 'b', null, 'a')).toBe('a');
    expect(of(max, null)).toBeNull();
  });

  it('errors', () => {
    expect(of(max, true)).toEqual({ $error: 'found invalid arg bool(true)' });
    expect(of(max, [1, 2])).toEqual({ $error: 'found invalid arg []interface {}([1 2])' });
    expect(of(min, 1.5, 'x')).toEqual({ $error: 'requires float64 but found string(x)' });
    expect(of(min, 1n, 'x')).toEqual({ $error: 'requires int64 but found string(x)' });
    expect(of(min, 'x', 1)).toEqual({ $error: 'requires string but found float64(1)' });
    expect(of(min, 1.5, 1n)).toEqual({ $error: 'requires float64 but found int64(1)' });
  });
});

describe('collect, merge_agg, last_value, deduplicate', () => {
  it('collect keeps nulls and gives a list of its own', () => {
    expect(of(collect, 1, null, undefined, 'x')).toEqual([1, null, null, 'x']);
    const state = foldState(collect, column(1));
    const first = finish(collect, state);
    collect.add(state as Value[], 2);
    expect(first).toEqual([1]);
  });

  it('merge_agg takes the later member and ignores what is not an object', () => {
    expect(of(mergeAgg, { a: 1, b: 1 }, 5, null, { b: 2 })).toEqual({ a: 1, b: 2 });
    expect(of(mergeAgg, 5)).toBeNull();
    const row = { a: 1 };
    of(mergeAgg, row, { b: 2 });
    expect(row).toEqual({ a: 1 });
  });

  it('last_value', () => {
    const rows: Value[][] = [
      [1, true],
      [2, true],
      [null, true],
    ];
    expect(fold(lastValue, rows)).toBe(2);
    expect(
      fold(
        lastValue,
        rows.map(([v]) => [v, false]),
      ),
    ).toBeNull();
    expect(fold(lastValue, [[1, 'x']])).toEqual({ $error: 'the second parameter requires bool but found string(x)' });
  });

  it('deduplicate compares the text of the value', () => {
    const rows = (all: boolean, ...values: Value[]): Value[][] => values.map((v, i) => [{ i }, v, all]);
    expect(fold(deduplicate, rows(true, 1, 2, 1, '2', null, null))).toEqual([{ i: 0 }, { i: 1 }, { i: 4 }]);
    expect(fold(deduplicate, rows(false, 1, 2))).toEqual({ i: 1 });
    expect(fold(deduplicate, rows(false, 1, 2, 1))).toBeNull();
    expect(fold(deduplicate, rows(false, 1, 2, 1, 3))).toEqual({ i: 3 });
  });
});

describe('median', () => {
  it('keeps the type of an odd number of values', () => {
    expect(of(median, 3, 1, 2)).toBe(2);
    expect(of(median, 3n, 1n, 2n)).toBe(2n);
    expect(of(median, 4n, 1n)).toBe(2.5);
    expect(of(median, 10, 9, 100, 1)).toBe(9.5);
  });

  it('nulls: ignored among floats, an error first and among ints', () => {
    expect(of(median, 1, 2, null, 4)).toBe(2);
    expect(of(median, null, 1)).toEqual({ $error: '<nil> should be number' });
    expect(of(median, 1n, null)).toEqual({ $error: 'cannot convert <nil>(<nil>) to int' });
    expect(of(median, 1, 'x')).toEqual({ $error: 'cannot convert string(x) to float64' });
  });
});

describe('deviations', () => {
  it('population and sample', () => {
    expect(of(variance, 10, 20, 30, 5)).toBeCloseTo(92.1875, 10);
    expect(of(stddev, 10, 20, 30, 5)).toBeCloseTo(9.60143218483576, 10);
    expect(of(sampleVariance, 20, 5n, 20)).toBeCloseTo(75, 10);
    expect(of(stddevs, 1, 3)).toBeCloseTo(Math.SQRT2, 10);
  });

  it('nulls are ignored, one value has no sample variance, a text is an error', () => {
    expect(of(variance, null, 5, null)).toBe(0);
    expect(of(sampleVariance, 5)).toBeNaN();
    expect(of(stddev, null)).toBeNull();
    expect(of(stddev, 1, 'x')).toEqual({ $error: 'requires float64 slice but found string(x)' });
  });

  it('agree with two passes over the values', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 2, maxLength: 50 }), (values) => {
        const mean = values.reduce((a, b) => a + b, 0) / values.length;
        const squares = values.reduce((a, b) => a + (b - mean) ** 2, 0);
        const close = (got: unknown, wanted: number) => expect(Math.abs((got as number) - wanted)).toBeLessThanOrEqual(1e-9 * (1 + wanted));
        close(of(variance, ...values), squares / values.length);
        close(of(sampleVariance, ...values), squares / (values.length - 1));
      }),
    );
  });
});

describe('percentiles', () => {
  const at = (definition: AggregateDefinition, p: Value, ...values: Value[]) =>
    fold(
      definition,
      values.map((v) => [v, p]),
    );

  it('continuous: whole places are elements, others the mean of two', () => {
    expect(at(percentileCont, 0.5, 10, 20, 30, 5)).toBe(10);
    expect(at(percentileCont, 0.5, 7.5, null, 40, 20)).toBe(13.75);
    expect(at(percentileCont, 0.9, 10, 20, 30, 5)).toBe(25);
    expect(at(percentileCont, 1n, 10, 20)).toBe(20);
    expect(at(percentileCont, 0, 7)).toBe(7);
  });

  it('continuous: places below 1 and shares outside are errors', () => {
    const outside = { $error: 'percentile exec with error: Input is outside of range.' };
    expect(at(percentileCont, 0, 1, 2)).toEqual(outside);
    expect(at(percentileCont, 0.1, 1, 2)).toEqual(outside);
    expect(at(percentileCont, 1.5, 1, 2)).toEqual(outside);
    expect(at(percentileDisc, -0.1, 1, 2)).toEqual(outside);
  });

  it('discrete: nearest rank', () => {
    expect([0, 0.25, 0.5, 0.51, 1].map((p) => at(percentileDisc, p, 40, 10, 30, 20))).toEqual([10, 10, 20, 30, 40]);
  });

  it('the share must be a number', () => {
    expect(at(percentileDisc, 'x', 1)).toEqual({ $error: 'the second parameter requires float64 but found string(x)' });
    expect(at(percentileDisc, null, 1)).toEqual({ $error: 'the second parameter requires float64 but found <nil>(<nil>)' });
  });

  it('a discrete percentile is one of the values, between smallest and largest', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 30 }), fc.double({ min: 0, max: 1, noNaN: true }), (values, p) => {
        expect(values).toContain(at(percentileDisc, p, ...values));
      }),
    );
  });
});

describe('last_agg_hit_*', () => {
  it('count and time of earlier results, moved on by results only', () => {
    const counts = { state: lastAggHitCount.init({} as never) };
    const times = { state: lastAggHitTime.init({} as never) };
    expect([lastAggHitCount.hit!(counts, false, 5), lastAggHitCount.hit!(counts, true, 5), lastAggHitCount.hit!(counts, true, 9)]).toEqual([
      0n,
      0n,
      1n,
    ]);
    expect([lastAggHitTime.hit!(times, false, 5), lastAggHitTime.hit!(times, true, 5), lastAggHitTime.hit!(times, true, 9)]).toEqual([
      0n,
      0n,
      5n,
    ]);
  });
});

describe('every fold', () => {
  const value: fc.Arbitrary<Value> = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: -1000, max: 1000 }).map((n) => n / 4) },
    { weight: 4, arbitrary: fc.bigInt(-1000n, 1000n) },
    { weight: 2, arbitrary: fc.constant(null) },
    fc.constantFrom<Value>('a', 'b', true, { k: 1 }, [1]),
  );
  /** Values as they mostly come: of one type, with nulls. */
  const values = fc.oneof(
    fc.array(value, { maxLength: 12 }),
    fc.array(fc.oneof(fc.integer({ min: -99, max: 99 }), fc.constant(null)), { maxLength: 12 }),
    fc.array(fc.oneof(fc.bigInt(-99n, 99n), fc.constant(null)), { maxLength: 12 }),
  );
  // those of standard SQL alone refuse values when they come: test/functions/trade.test.ts
  const folds = Object.values(aggregates).filter((d) => !d.hit && !d.onlyStandard);
  const rowsFor = (d: AggregateDefinition, vs: readonly Value[]): Value[][] =>
    vs.map((v, i) => (d === deduplicate ? [{ i }, v, true] : d === lastValue ? [v, i % 2 === 0] : d.params.length === 2 ? [v, 0.5] : [v]));

  it.each(folds.filter((d) => d.merge).map((d) => [d.name, d] as const))('%s: joined states are the state of all rows', (_name, d) => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const rows = rowsFor(d, [...a, ...b]);
        const joined = finish(d, d.merge!(foldState(d, rows.slice(0, a.length)) as never, foldState(d, rows.slice(a.length)) as never));
        const whole = fold(d, rows);
        if (typeof whole === 'number') {
          expect(typeof joined).toBe('number');
          if (!Number.isNaN(whole)) expect(joined as number).toBeCloseTo(whole, 6);
        } else expect(joined).toEqual(whole);
      }),
      { numRuns: 500 },
    );
  });

  it.each(folds.map((d) => [d.name, d] as const))('%s: goes on after a checkpoint as if there was none', (_name, d) => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        const rows = rowsFor(d, [...a, ...b]);
        let state = structuredClone(foldState(d, rows.slice(0, a.length))) as never;
        for (const row of rows.slice(a.length)) state = d.add(state, ...row) as never;
        expect(finish(d, state)).toEqual(fold(d, rows));
      }),
    );
  });

  it.each(folds.map((d) => [d.name, d] as const))('%s: asking for the result changes nothing, and add never throws', (_name, d) => {
    fc.assert(
      fc.property(values, (vs) => {
        const state = foldState(d, rowsFor(d, vs));
        expect(finish(d, state)).toEqual(finish(d, state));
      }),
    );
  });
});
