// row_number(): alone, per partition, ordered.
import { describe, expect, it } from 'vitest';
import { runRule } from '../helpers/program.ts';

const rows = [
  { g: 'b', v: 2 },
  { g: 'a', v: 3 },
  { g: 'b', v: 1 },
];

describe('row_number()', () => {
  it('numbers the rows of a collection', () => {
    expect(runRule('SELECT v, row_number() AS n FROM demo GROUP BY COUNTWINDOW(3)', rows)).toEqual([
      [
        { n: 1n, v: 2 },
        { n: 2n, v: 3 },
        { n: 3n, v: 1 },
      ],
    ]);
  });
  it('is 1 for a streaming row', () => {
    expect(runRule('SELECT row_number() AS n FROM demo', rows.slice(0, 1))).toEqual([[{ n: 1n }]]);
  });
  it('numbers groups in order of appearance (ekuiper-defects.md 22)', () => {
    expect(runRule('SELECT g, row_number() AS n FROM demo GROUP BY g, COUNTWINDOW(3)', rows)).toEqual([
      [
        { g: 'b', n: 1n },
        { g: 'a', n: 2n },
      ],
    ]);
  });
});
