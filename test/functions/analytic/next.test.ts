import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Value } from '../../../src/data/value.ts';
import { columnNameOf } from '../../../src/functions/analytic/changed_cols.ts';
import * as analytic from '../../../src/functions/analytic/index.ts';
import { answers, callSite } from '../call-site.ts';

const { accAvg, accCount, accMax, accMin, accSum, changedCol, changedCols, hadChanged, lag, lastHitCount, lastHitTime, latest } = analytic;

/** Rows of one argument, all valid. */
const each = (...values: Value[]) => values.map((v) => ({ args: [v] }));
const withArgs = (...rows: Value[][]) => rows.map((args) => ({ args }));

describe('lag', () => {
  it('answers the value so many rows ago, else the default of the first row', () => {
    expect(answers(lag, each(1, 2, 3))).toEqual([null, 1, 2]);
    expect(answers(lag, withArgs([1, 2n, -1], [2, 2n, -1], [3, 2n, -1], [4, 2n, -1]))).toEqual([-1, -1, 1, 2]);
    expect(answers(lag, withArgs([1, 3n, 1], [2, 3n, 2], [3, 3n, 3], [4, 3n, 4]))).toEqual([1, 1, 1, 1]);
    expect(answers(lag, withArgs([1, 0n], [2, 0n]))).toEqual([null, null]);
  });

  it('nulls do not count, unless ignoreNull is false', () => {
    expect(answers(lag, each(1, null, undefined, 2, 3))).toEqual([null, 1, 1, 1, 2]);
    expect(answers(lag, withArgs([1, 1n, 0, false], [null, 1n, 0, false], [2, 1n, 0, false]))).toEqual([0, 1, null]);
  });

  it('rows for which WHEN is false look but do not count', () => {
    const rows = [1, 2, 3, 4].map((v, i) => ({ args: [v], valid: i % 2 === 0 }));
    expect(answers(lag, rows)).toEqual([null, 1, 1, 3]);
  });

  it('wrong arguments', () => {
    expect(answers(lag, withArgs([1, 1.5]))).toEqual([
      { $error: 'error converting second arg 1.5 to int: cannot convert float64(1.5) to int' },
    ]);
    expect(answers(lag, withArgs([1, -1n]))).toEqual([{ $error: 'the offset of lag must be from 0 to 1000000 but is -1' }]);
    expect(answers(lag, withArgs([1, 1n, 0, 'x']))).toEqual([{ $error: 'The fourth arg is not a bool but got x' }]);
  });

  it('is the sequence moved by the offset', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer({ min: 1, max: 5 }), (values, offset) => {
        const got = answers(
          lag,
          values.map((v) => ({ args: [v, BigInt(offset), 'none'] })),
        );
        expect(got).toEqual(values.map((_, i) => (i < offset ? 'none' : values[i - offset])));
      }),
    );
  });
});

describe('latest', () => {
  it('answers the last value that was not null', () => {
    expect(answers(latest, each(null, 1, null, 2))).toEqual([null, 1, 1, 2]);
    expect(answers(latest, withArgs([null, 7], [1, 7], [null, 7]))).toEqual([7, 1, 1]);
  });

  it('does not take rows for which WHEN is false', () => {
    expect(answers(latest, [{ args: [1], valid: false }, { args: [2] }, { args: [3], valid: false }])).toEqual([null, 2, 2]);
  });
});

describe('changed_col', () => {
  const of = (ignoreNull: boolean, ...values: Value[]) => answers(changedCol, withArgs(...values.map((v) => [ignoreNull, v])));

  it('answers the value when it changed', () => {
    expect(of(true, 1, 1, 2, null, 2, 1n)).toEqual([1, null, 2, null, null, 1n]);
    expect(of(false, 1, null, 1, 1)).toEqual([1, null, 1, null]);
    expect(of(true, { a: [1] }, { a: [1] }, { a: [2] })).toEqual([{ a: [1] }, null, { a: [2] }]);
  });

  it('a row for which WHEN is false is unchanged and not remembered', () => {
    expect(answers(changedCol, [{ args: [true, 1] }, { args: [true, 2], valid: false }, { args: [true, 2] }])).toEqual([1, null, 2]);
  });
});

describe('had_changed', () => {
  it('tracks each argument by itself', () => {
    expect(answers(hadChanged, withArgs([true, 1, 'a'], [true, 1, 'a'], [true, 1, 'b'], [true, null, 'b'], [true, 1, null]))).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    expect(answers(hadChanged, withArgs([false, null], [false, 1], [false, null]))).toEqual([false, true, true]);
  });

  it('a star is all columns', () => {
    const facts = [{ node: 'bool' }, { node: 'wildcard' }];
    const rows = withArgs([true, { a: 1, b: 1 }], [true, { b: 1, a: 1 }], [true, { a: 1 }], [true, { a: 1, b: null, c: 2 }]);
    expect(answers(hadChanged, rows, facts)).toEqual([true, false, false, true]);
  });
});

describe('acc_*', () => {
  it('run over the life of the rule', () => {
    expect(answers(accSum, each(1, null, 2n, 0.5))).toEqual([1, 1, 3, 3.5]);
    expect(answers(accAvg, each(1, 2n, 6))).toEqual([1, 1.5, 3]);
    expect(answers(accMax, each(-5, -7, 3n, 1))).toEqual([-5, -5, 3, 3]);
    expect(answers(accMin, each(5, 7, -3n, 1))).toEqual([5, 5, -3, -3]);
    expect(answers(accCount, each('x', null, 1))).toEqual([1n, 1n, 2n]);
  });

  it('a null is an error for avg, max and min, a text for all but count; the state stays', () => {
    const failed = { $error: 'the value should be number' };
    expect(answers(accAvg, each(1, null, 3))).toEqual([1, failed, 2]);
    expect(answers(accMax, each(1, 'x', 3))).toEqual([1, failed, 3]);
    expect(answers(accSum, each(1, 'x', 3))).toEqual([1, failed, 4]);
  });

  it('from begin to reset: the row of reset is taken, its result stands for that row', () => {
    const rows = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ args: [id, id > 2, id > 4] }));
    expect(answers(accSum, rows)).toEqual([0, 0, 3, 7, 12, 6, 7]);
    expect(answers(accSum, withArgs([1, null, false]))).toEqual([{ $error: 'onBegin should be boolean' }]);
    expect(answers(accSum, withArgs([1, true, 5]))).toEqual([{ $error: 'onReset should be boolean' }]);
  });

  it('rows for which WHEN is false are not taken', () => {
    expect(answers(accCount, [{ args: [1] }, { args: [1], valid: false }, { args: [1] }])).toEqual([1n, 1n, 2n]);
  });
});

describe('changed_cols', () => {
  const facts = [{ node: 'string' }, { node: 'bool' }, { node: 'column', text: 'a' }, { node: 'column', text: 'demo.b' }];

  it('gives the columns that differ from the last output', () => {
    const rows = withArgs(['p_', true, 1, 2], ['p_', true, 1, 3], ['p_', true, null, 3]);
    expect(answers(changedCols, rows, facts)).toEqual([{ p_a: 1, p_b: 2 }, { p_b: 3 }, {}]);
    const withNull = withArgs(['', false, 1, 2], ['', false, null, 2], ['', false, 1, 2]);
    expect(answers(changedCols, withNull, facts)).toEqual([{ a: 1, b: 2 }, { a: null }, { a: 1 }]);
  });

  it('a star is all columns, and only looking changes nothing', () => {
    const star = [{ node: 'string' }, { node: 'bool' }, { node: 'wildcard' }];
    const rows = [
      { args: ['', true, { x: 1 }], valid: false },
      { args: ['', true, { x: 1, y: null }] },
      { args: ['', true, { x: 1, y: 2 }] },
    ];
    expect(answers(changedCols, rows, star)).toEqual([{ x: 1 }, { x: 1 }, { y: 2 }]);
  });

  it('names of columns', () => {
    const name = (node: string, text: string) => columnNameOf(callSite('', [{ node, text }]).args[0]);
    expect([
      name('column', 'a'),
      name('column', 'demo.a'),
      name('column', '`a b`'),
      name('column', 'demo.`a.b`'),
      name('call', 'AVG(id)'),
      name('binary', 'a + 1'),
    ]).toEqual(['a', 'a', 'a b', 'a.b', 'avg', '']);
  });
});

describe('last_hit_*', () => {
  it('answer the row before, and looking changes nothing', () => {
    const rows = [5, 6, 7].map((tsMs, i) => ({ args: [], valid: i !== 1, tsMs }));
    expect(answers(lastHitCount, rows)).toEqual([0n, 1n, 1n]);
    expect(answers(lastHitTime, rows)).toEqual([0n, 5n, 5n]);
  });
});

describe('inc_*', () => {
  const { incAvg, incCollect, incCount, incLastValue, incMax, incMergeAgg, incMin, incSum } = analytic;

  it('run over the rows; a null answers null and is not taken', () => {
    expect(answers(incCount, each(1, null, 'x'))).toEqual([1n, null, 2n]);
    expect(answers(incSum, each(1n, null, '2', true))).toEqual([1, null, 3, 4]);
    expect(answers(incAvg, each(1, null, 2))).toEqual([1, null, 1.5]);
    expect(answers(incMax, each(1, 3, null, 2))).toEqual([1, 3, null, 3]);
    expect(answers(incMin, each('b', 'a', 'c'))).toEqual(['b', 'a', 'a']);
    expect(answers(incCollect, each(1, [], 2))).toEqual([[1], null, [1, 2]]);
    expect(answers(incMergeAgg, each({ a: 1 }, { b: 2 }, { a: 3 }))).toEqual([{ a: 1 }, { a: 1, b: 2 }, { a: 3, b: 2 }]);
    expect(answers(incLastValue, withArgs([1, true], [null, true], [2, true]))).toEqual([1, null, 2]);
  });

  it('what cannot be compared answers null and keeps the best', () => {
    expect(answers(incMax, each(1, 'x', 2))).toEqual([1, null, 2]);
    expect(answers(incMax, each(1n, 1.5, 2n))).toEqual([1n, null, 2n]);
  });
});
