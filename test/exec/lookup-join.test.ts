// Lookup joins: kinds, null keys, order of late answers, bounded concurrency, handles of messages.
import { describe, expect, test } from 'vitest';
import { ioError } from '../../src/base/errors/gateway-error.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { createLookupJoin } from '../../src/exec/lookup-join.ts';
import type { LookupJoinSpec } from '../../src/exec/operator.ts';
import { MessageAck } from '../../src/runtime/delivery/ack.ts';
import { col, createSink, createTestHost, newStats, row } from '../helpers/operators.ts';

interface Asked {
  value: Value;
  answer(rows: Row[]): void;
  fail(error: Error): void;
}

function open(more: Partial<LookupJoinSpec> = {}, mode: 'later' | 'at-once' = 'later') {
  const host = createTestHost();
  const sink = createSink();
  const stats = newStats();
  const asked: Asked[] = [];
  host.lookupTables['tbl'] = {
    lookup(_fields, _keys, [value]) {
      if (mode === 'at-once') return value === 1 ? [{ id: 1, name: 'one' }] : [];
      const { promise, resolve, reject } = Promise.withResolvers<Row[]>();
      asked.push({ value, answer: resolve, fail: reject });
      return promise;
    },
  };
  const spec: LookupJoinSpec = {
    type: 'inner',
    table: 'tbl',
    fields: ['name'],
    keys: ['id'],
    values: [col(0)],
    columns: [{ column: 'name', slot: 1 }],
    star: 2,
    present: 3,
    width: 4,
    ...more,
  };
  const op = createLookupJoin(spec, host, stats, sink);
  return { host, sink, stats, asked, op, settle: () => new Promise((r) => setImmediate(r)) };
}

describe('lookup join', () => {
  test('found rows are added; without match INNER drops the row and LEFT keeps it', () => {
    const inner = open({}, 'at-once');
    inner.op.row(row([1]));
    inner.op.row(row([2]));
    expect(inner.sink.collections.map((c) => c.rows.map((t) => t.cols))).toEqual([[[1, 'one', { id: 1, name: 'one' }, true]]]);
    expect(inner.sink.collections[0]!.win).toBeUndefined();
    const left = open({ type: 'left' }, 'at-once');
    left.op.row(row([2]));
    expect(left.sink.collections[0]!.rows[0]!.cols).toEqual([2, undefined, undefined, undefined]);
  });

  test('a null key never asks', () => {
    const { op, asked, sink } = open({ type: 'left' });
    op.row(row([null]));
    op.row(row([undefined]));
    expect(asked).toHaveLength(0);
    expect(sink.collections).toHaveLength(2);
  });

  test('results keep the order of the rows', async () => {
    const { op, asked, sink, settle, host } = open();
    for (const v of [1, 2, 3]) op.row(row([v]));
    expect(host.pending).toBe(3);
    asked[2]!.answer([{ name: 'three' }]);
    asked[1]!.answer([{ name: 'two' }]);
    await settle();
    expect(sink.collections).toHaveLength(0);
    asked[0]!.answer([{ name: 'one' }]);
    await settle();
    expect(sink.slot(1)).toEqual([['one'], ['two'], ['three']]);
    expect(host.pending).toBe(0);
  });

  test('a row that needs no lookup waits behind one that does', async () => {
    const { op, asked, sink, settle } = open({ type: 'left' });
    op.row(row([1]));
    op.row(row([null]));
    expect(sink.collections).toHaveLength(0);
    asked[0]!.answer([{ name: 'one' }]);
    await settle();
    expect(sink.slot(0)).toEqual([[1], [null]]);
  });

  test('no more lookups at once than allowed, for rows and inside a window', async () => {
    const { op, asked, sink, settle } = open({ maxInFlight: 2 });
    op.rows({ rows: [1, 2, 3].map((v) => row([v])), win: { startMs: 0, endMs: 1, triggerMs: 1 } });
    op.row(row([4]));
    expect(asked.map((a) => a.value)).toEqual([1, 2]);
    asked[1]!.answer([{ name: 'two' }]);
    await settle();
    expect(asked.map((a) => a.value)).toEqual([1, 2, 3]);
    asked[0]!.answer([]);
    asked[2]!.answer([{ name: 'three' }]);
    await settle();
    expect(sink.slot(1)).toEqual([['two', 'three']]);
    asked[3]!.answer([{ name: 'four' }]);
    await settle();
    expect(sink.slot(1)).toEqual([['two', 'three'], ['four']]);
    expect(sink.collections[0]!.win).toBeDefined();
  });

  test('a failed lookup is an exception of its row; later rows go on', async () => {
    const { op, asked, sink, settle, host } = open();
    op.row(row([1]));
    op.row(row([2]));
    asked[0]!.fail(ioError('away'));
    asked[1]!.answer([{ name: 'two' }]);
    await settle();
    expect(host.exceptions).toEqual(['run Lookup error: away']);
    expect(sink.slot(1)).toEqual([['two']]);
    expect(host.pending).toBe(0);
  });

  test('the message of a waiting row is held until its result is sent on', async () => {
    let confirmed = 0;
    const ack = new MessageAck(() => confirmed++);
    const { op, asked, sink, settle } = open();
    op.row(new Tuple([1], 0, undefined, ack));
    ack.release();
    expect(confirmed).toBe(0);
    let heldWhenSent: boolean | undefined;
    const send = sink.rows;
    sink.rows = (c) => {
      heldWhenSent = c.rows[0]!.ack!.pending;
      send(c);
    };
    asked[0]!.answer([{ name: 'one' }]);
    await settle();
    expect(heldWhenSent).toBe(true);
    expect(confirmed).toBe(1);
  });

  test('close releases what waits, and late answers do nothing', async () => {
    let confirmed = 0;
    const ack = new MessageAck(() => confirmed++);
    const { op, asked, sink, settle, host } = open();
    op.row(new Tuple([1], 0, undefined, ack));
    ack.release();
    op.close!();
    expect(confirmed).toBe(1);
    expect(host.pending).toBe(0);
    asked[0]!.answer([{ name: 'one' }]);
    await settle();
    expect(sink.collections).toHaveLength(0);
  });

  // @covers issue:14#1
  test('close counts each row that it gives up; at an orderly end it leaves their messages to the peer', () => {
    const closed = (again: boolean) => {
      const confirmed: number[] = [];
      const { op, host, stats } = open();
      for (const n of [1, 2]) {
        const ack = new MessageAck(() => confirmed.push(n));
        op.row(new Tuple([n], 0, undefined, ack));
        ack.release();
      }
      op.close!(again);
      return { confirmed, exceptions: host.exceptions, pending: host.pending, waiting: stats.bufferLength };
    };
    const text = 'run Lookup error: the rule ended before the table answered';
    expect(closed(false)).toEqual({ confirmed: [1, 2], exceptions: [text, text], pending: 0, waiting: 0 });
    expect(closed(true)).toEqual({ confirmed: [], exceptions: [], pending: 2, waiting: 0 });
  });

  test('member names of a row cannot reach the prototype', () => {
    const { op, sink, host } = open({ columns: [{ column: 'constructor', slot: 1 }] }, 'at-once');
    expect(host.exceptions).toEqual([]);
    op.row(row([1]));
    expect(sink.slot(1)).toEqual([[undefined]]);
  });
});
