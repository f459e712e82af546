// HAVING alone.
import { describe, expect, it } from 'vitest';
import { createHaving, type HavingSpec } from '../../src/exec/having.ts';
import { columnsOf, noState, operatorHost, row } from '../helpers/operator-host.ts';

const spec = (more: Partial<HavingSpec>): HavingSpec => ({
  condition: (t) => t.cols[0],
  onPass: [],
  calls: [],
  grouped: true,
  width: 1,
  state: noState,
  ...more,
});

describe('having', () => {
  it('keeps groups for which it is true; null is an error', () => {
    const h = operatorHost();
    const op = createHaving(spec({}), h.host, h.stats, h.next);
    op.rows({ rows: [row(true), row(false), row(true)], win: undefined });
    op.rows({ rows: [row(false)], win: undefined });
    op.rows({ rows: [row(null)], win: undefined });
    expect(columnsOf(h.sent)).toEqual([[[true], [true]]]);
    expect(h.errors).toEqual(['run Having error: invalid condition that returns non-bool value <nil>(<nil>)']);
  });

  it('keeps or drops an ungrouped collection as a whole, by aggregates of all its rows', () => {
    const sum = { init: () => 0, add: (s: number, v: number) => s + v, result: (s: number) => s };
    const call = { def: sum as never, site: {} as never, args: [(t: ReturnType<typeof row>) => t.cols[0]], slot: 1 };
    const h = operatorHost();
    const op = createHaving(
      spec({ condition: (t) => (t.cols[1] as number) > 2, calls: [call], grouped: false, width: 2 }),
      h.host,
      h.stats,
      h.next,
    );
    op.rows({ rows: [row(1), row(1)], win: undefined });
    op.rows({ rows: [row(1), row(2)], win: undefined });
    expect(columnsOf(h.sent)).toEqual([[[1], [2]]]);
  });

  it('counts a hit once per collection that passes', () => {
    const h = operatorHost();
    let hits = 0;
    const op = createHaving(spec({ onPass: [() => hits++] }), h.host, h.stats, h.next);
    op.rows({ rows: [row(true), row(true)], win: undefined });
    op.rows({ rows: [row(false)], win: undefined });
    expect(hits).toBe(1);
  });
});
