// Shared rows are never changed: a rule that keeps values works on a copy.
import { describe, expect, it } from 'vitest';
import { Tuple } from '../../src/data/tuple.ts';
import { createIsolate, createReset } from '../../src/exec/isolate.ts';
import { operatorHost } from '../helpers/operator-host.ts';
import { startRule } from '../helpers/program.ts';

describe('isolate', () => {
  it('copies the columns that the rule knows and leaves those of others out', () => {
    const h = operatorHost();
    const shared = new Tuple(['a', 'b', 'of another rule'], 7);
    createIsolate(2, () => 4, h.next).row(shared);
    const copy = h.sent[0] as Tuple;
    expect(copy).not.toBe(shared);
    expect(copy.cols).toEqual(['a', 'b', undefined, undefined]);
    expect(copy.tsMs).toBe(7);
  });

  it('empties slots of values that are computed on demand', () => {
    const h = operatorHost();
    createReset([1], h.next).row(new Tuple(['a', 'left over'], 0));
    expect((h.sent[0] as Tuple).cols).toEqual(['a', undefined]);
  });

  it.each([
    'SELECT lag(a) AS p FROM demo',
    'SELECT upper(s) AS u, concat(u, u) AS v FROM demo',
    'SELECT a, row_number() AS n FROM demo',
    'SELECT last_hit_count() AS c FROM demo WHERE c < 5',
    'SELECT sum(a) AS s, upper(s) AS u, concat(u, u) AS v FROM demo GROUP BY COUNTWINDOW(1)',
  ])('does not touch the tuple of the subscription: %s', (sql) => {
    const r = startRule(sql);
    const tuple = new Tuple(['x', 'y', 'z'], 0);
    r.running.push(0, tuple);
    expect(tuple.cols).toEqual(['x', 'y', 'z']);
  });
});
