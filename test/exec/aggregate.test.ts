// GROUP BY over collections.
import { describe, expect, test } from 'vitest';
import { Tuple } from '../../src/data/tuple.ts';
import { createAggregate } from '../../src/exec/aggregate.ts';
import type { AggregateSpec } from '../../src/exec/operator.ts';
import { collect, count, max, sum } from '../../src/functions/aggregate/index.ts';
import { MessageAck } from '../../src/runtime/delivery/ack.ts';
import { call, col, createSink, createTestHost, newStats, row } from '../helpers/operators.ts';

const win = { startMs: 1000, endMs: 2000, triggerMs: 2000 };

function open(spec: Partial<AggregateSpec>) {
  const host = createTestHost();
  const sink = createSink();
  const stats = newStats();
  const op = createAggregate({ dims: [], calls: [], width: 5, ...spec }, host, stats, sink);
  return { host, sink, op, stats };
}
const star = () => true;

describe('aggregate', () => {
  test('one row per group in the order of first appearance; other columns from the first row', () => {
    const { sink, op } = open({ dims: [col(1)], calls: [call(count, [star], 3), call(sum, [col(0)], 4)] });
    op.rows({ rows: [row([1n, 'b', 'x']), row([2n, 'a', 'y']), row([3n, 'b', 'z'])], win });
    expect(sink.collections[0]!.rows.map((t) => t.cols)).toEqual([
      [1n, 'b', 'x', 2n, 4n],
      [2n, 'a', 'y', 1n, 2n],
    ]);
  });

  test('rows of a window carry its range and its end as their time', () => {
    const { sink, op } = open({ calls: [call(count, [star], 3)] });
    op.rows({ rows: [row([1n], 1234)], win });
    const t = sink.collections[0]!.rows[0]!;
    expect([t.tsMs, t.win]).toEqual([2000, win]);
  });

  test('an empty window: one row without dimensions, none with them', () => {
    const without = open({ calls: [call(count, [star], 3), call(max, [col(0)], 4)] });
    without.op.rows({ rows: [], win });
    expect(without.sink.collections).toHaveLength(1);
    expect(without.sink.collections[0]!.rows).toHaveLength(1);
    expect(without.sink.collections[0]!.rows[0]!.tsMs).toBe(2000);
    expect(without.sink.slot(3)[0]![0] ?? null).toBeNull();
    const withDims = open({ dims: [col(1)], calls: [call(count, [star], 3)] });
    withDims.op.rows({ rows: [], win });
    expect(withDims.sink.collections).toHaveLength(0);
  });

  test('keys are texts, so 1 and "1" meet, but values that contain the separator of eKuiper do not', () => {
    const { sink, op } = open({ dims: [col(0), col(1)], calls: [call(count, [star], 3)] });
    op.rows({ rows: [row([1n, 'x']), row(['1', 'x']), row(['a,b', 'c']), row(['a', 'b,c']), row([null, 'x'])], win });
    expect(sink.slot(3)[0]).toEqual([2n, 1n, 1n, 1n]);
  });

  test('FILTER of a call leaves rows out of that call only', () => {
    const { sink, op } = open({ calls: [call(collect, [col(0)], 3, (t) => t.cols[1] === 'b'), call(collect, [col(0)], 4)] });
    op.rows({ rows: [row([1, 'a']), row([2, 'b'])], win });
    expect(sink.collections[0]!.rows[0]!.cols.slice(3)).toEqual([[2], [1, 2]]);
  });

  test('a row that fails fails the collection, once', () => {
    const fail = () => {
      throw new Error('divided by zero');
    };
    const dims = open({ dims: [fail], calls: [] });
    dims.op.rows({ rows: [row([1]), row([2])], win });
    expect(dims.host.exceptions).toEqual(['run Group By error: divided by zero']);
    const args = open({ calls: [call(sum, [fail], 3)] });
    args.op.rows({ rows: [row([1]), row([2])], win });
    expect(args.host.exceptions).toEqual(['run Select error: expr: sum meet error, err:divided by zero']);
    expect(args.sink.collections).toHaveLength(0);
  });

  test('columns of other rules above the base are not copied', () => {
    const { sink, op } = open({ calls: [call(count, [star], 2)], base: 2, width: 4 });
    op.rows({ rows: [row([1n, 'a', 'foreign', 'foreign'])], win });
    expect(sink.collections[0]!.rows[0]!.cols).toEqual([1n, 'a', 1n, undefined]);
  });

  test('a group without window keeps the handle of its message', () => {
    const { sink, op } = open({ calls: [call(count, [star], 3)] });
    const ack = new MessageAck(() => undefined);
    op.row(new Tuple([1n], 5, undefined, ack));
    expect(sink.collections[0]!.rows[0]!.ack).toBe(ack);
    expect(sink.collections[0]!.rows[0]!.tsMs).toBe(5);
  });
});
