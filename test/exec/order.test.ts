// ORDER BY alone.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createOrder, sortRows } from '../../src/exec/order.ts';
import { columnsOf, operatorHost, row } from '../helpers/operator-host.ts';

const by = (...descending: boolean[]) => ({
  items: descending.map((d, i) => ({ value: (t: ReturnType<typeof row>) => t.cols[i], descending: d })),
  timeZone: 'UTC',
});

describe('order', () => {
  it('sorts ascending and descending, nulls last in both', () => {
    const rows = [row(null), row(2), row(undefined), row(1n)];
    expect(sortRows(rows, by(false)).map((t) => t.cols[0])).toEqual([1n, 2, null, undefined]);
    expect(sortRows(rows, by(true)).map((t) => t.cols[0])).toEqual([2, 1n, null, undefined]);
  });

  it('is stable', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3 })), (keys) => {
        const sorted = sortRows(
          keys.map((k, i) => row(k, i)),
          by(false),
        );
        for (let i = 1; i < sorted.length; i++) {
          const [a, b] = [sorted[i - 1]!.cols, sorted[i]!.cols];
          expect((a[0] as number) < (b[0] as number) || (a[0] === b[0] && (a[1] as number) < (b[1] as number))).toBe(true);
        }
      }),
    );
  });

  it('refuses a mix of kinds wherever it stands', () => {
    const h = operatorHost();
    const o = createOrder(by(false), h.host, h.stats, h.next);
    o.rows({ rows: [row(1), row(2), row('x')], win: undefined });
    expect(h.errors).toEqual(['run Order By error: incompatible types for comparison: float64 and string']);
    expect(h.sent).toEqual([]);
  });

  it('lets single rows pass', () => {
    const h = operatorHost();
    createOrder(by(false), h.host, h.stats, h.next).row(row(1));
    expect(columnsOf(h.sent)).toEqual([[1]]);
  });
});
