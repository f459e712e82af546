// Conditions below a join: they drop what is plainly false and nothing else.
import { describe, expect, it } from 'vitest';
import { createEarlyFilter } from '../../src/exec/early-filter.ts';
import { columnsOf, operatorHost, row } from '../helpers/operator-host.ts';

describe('early filter', () => {
  it('keeps nulls, errors and rows of other sides', () => {
    const h = operatorHost();
    const condition = (t: ReturnType<typeof row>) => {
      if (t.cols[0] === 'bad') throw new Error('boom');
      return t.cols[0];
    };
    const op = createEarlyFilter({ condition, present: 1 }, h.stats, h.next);
    op.rows({ rows: [row(false, true), row(true, true), row(null, true), row('bad', true), row(false, undefined)], win: undefined });
    expect(columnsOf(h.sent)).toEqual([
      [
        [true, true],
        [null, true],
        ['bad', true],
        [false, undefined],
      ],
    ]);
    expect(h.errors).toEqual([]);
  });
});
