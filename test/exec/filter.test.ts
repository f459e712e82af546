// WHERE alone.
import { describe, expect, it } from 'vitest';
import { createFilter } from '../../src/exec/filter.ts';
import { columnsOf, noState, operatorHost, row } from '../helpers/operator-host.ts';

const condition = (t: ReturnType<typeof row>) => {
  const v = t.cols[0];
  if (v === 'bad') throw new Error('boom');
  return v;
};

describe('filter', () => {
  it('keeps true, drops false and null silently, reports everything else', () => {
    const h = operatorHost();
    const f = createFilter({ condition, onPass: [], state: noState }, h.host, h.stats, h.next);
    for (const v of [true, false, null, undefined, 1n, 'bad']) f.row(row(v));
    expect(columnsOf(h.sent)).toEqual([[true]]);
    expect(h.errors).toEqual(['run Where error: invalid condition that returns non-bool value int64(1)', 'run Where error: boom']);
    expect(h.stats).toMatchObject({ recordsIn: 6, recordsOut: 1, exceptions: 2 });
  });

  it('drops the whole collection when one row fails', () => {
    const h = operatorHost();
    const f = createFilter({ condition, onPass: [], state: noState }, h.host, h.stats, h.next);
    f.rows({ rows: [row(true), row('bad')], win: undefined });
    expect(h.sent).toEqual([]);
    expect(h.errors).toEqual(['run Where error: boom']);
  });

  it('sends nothing when no row of a collection is left', () => {
    const h = operatorHost();
    const f = createFilter({ condition, onPass: [], state: noState }, h.host, h.stats, h.next);
    f.rows({ rows: [row(false)], win: undefined });
    f.rows({ rows: [row(false), row(true)], win: undefined });
    expect(columnsOf(h.sent)).toEqual([[[true]]]);
  });

  it('updates counters only for rows that pass', () => {
    const h = operatorHost();
    const passed: unknown[] = [];
    const f = createFilter({ condition, onPass: [(t) => passed.push(t.cols[1])], state: { ...noState, size: 1 } }, h.host, h.stats, h.next);
    f.row(row(false, 1));
    f.row(row(true, 2));
    expect(passed).toEqual([2]);
  });
});
