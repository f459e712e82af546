// Joins over windows and scan tables: kinds, order, and the hash join against the nested loop.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Budget, within } from '../../src/base/budget.ts';
import { rowError } from '../../src/base/errors/gateway-error.ts';
import type { Expr } from '../../src/contract/function.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';
import { createJoin } from '../../src/exec/join.ts';
import { createJoinAlign } from '../../src/exec/join-align.ts';
import type { JoinSide, JoinSpec, JoinStep } from '../../src/exec/operator.ts';
import { col, createSink, createTestHost, newStats } from '../helpers/operators.ts';

// layout: left id, name, mark; right id, name, mark; third id, name, mark
const sides = [0, 3, 6].map((base): JoinSide => ({ present: base + 2, slots: [base, base + 1, base + 2] }));
const part = (side: number, id: Value, name: Value, tsMs = 0): Tuple => {
  const cols: Value[] = new Array(9).fill(undefined);
  cols[side * 3] = id;
  cols[side * 3 + 1] = name;
  cols[side * 3 + 2] = true;
  return new Tuple(cols, tsMs);
};
const win = { startMs: 0, endMs: 1000, triggerMs: 1000 };

/** `=` of the dialect: null is false, other kinds are an error. */
const equal =
  (a: Expr, b: Expr): Expr =>
  (t) => {
    const x = a(t);
    const y = b(t);
    if (x == null || y == null) return false;
    const numeric = (v: Value) => typeof v === 'number' || typeof v === 'bigint';
    if (typeof x !== typeof y && !(numeric(x) && numeric(y))) throw rowError(`invalid operation ${typeof x} = ${typeof y}`);
    // biome-ignore lint/suspicious/noDoubleEquals: int and float compare by value
    return x == y;
  };
const onIds = equal(col(0), col(3));

function join(spec: JoinSpec, rows: Tuple[], host = createTestHost()) {
  const sink = createSink();
  const stats = newStats();
  createJoin(spec, host, stats, sink).rows({ rows, win });
  return {
    pairs: sink.collections.flatMap((c) => c.rows.map((t) => [t.cols[1], t.cols[4]])),
    rows: sink.collections.flatMap((c) => c.rows),
    host,
    sink,
  };
}
const one = (type: JoinStep['type'], on: Expr | null = onIds, keys?: JoinStep['keys']): JoinSpec => ({
  from: sides[0]!,
  steps: [{ type, right: sides[1]!, on: on ?? undefined, keys }],
});
const rows = [
  part(0, 1, 'l1'),
  part(1, 2, 'r2'),
  part(0, 2, 'l2'),
  part(1, 1, 'r1'),
  part(1, 2, 'r2b'),
  part(1, 7, 'r7'),
  part(0, 3, 'l3'),
];

describe('join', () => {
  test('inner, left, right, full and cross, in the order of the rows', () => {
    const inner = [
      ['l1', 'r1'],
      ['l2', 'r2'],
      ['l2', 'r2b'],
    ];
    expect(join(one('inner'), rows).pairs).toEqual(inner);
    expect(join(one('left'), rows).pairs).toEqual([...inner, ['l3', undefined]]);
    expect(join(one('right'), rows).pairs).toEqual([
      ['l2', 'r2'],
      ['l1', 'r1'],
      ['l2', 'r2b'],
      [undefined, 'r7'],
    ]);
    expect(join(one('full'), rows).pairs).toEqual([...inner, ['l3', undefined], [undefined, 'r7']]);
    expect(join(one('cross', null), rows).pairs).toHaveLength(12);
  });

  test('left and right follow FROM and JOIN, not the order of names in ON', () => {
    expect(join(one('left', equal(col(3), col(0))), rows).pairs.at(-1)).toEqual(['l3', undefined]);
  });

  test('without ON: all pairs', () => {
    for (const type of ['inner', 'left', 'right', 'full'] as const) expect(join(one(type, null), rows).pairs).toHaveLength(12);
  });

  test('one side empty', () => {
    const left = [part(0, 1, 'l1')];
    expect(join(one('inner'), left).sink.collections).toHaveLength(0);
    expect(join(one('left'), left).pairs).toEqual([['l1', undefined]]);
    expect(join(one('full'), left).pairs).toEqual([['l1', undefined]]);
    expect(join(one('right'), left).sink.collections).toHaveLength(0);
  });

  test('several joins are left-deep', () => {
    const spec: JoinSpec = {
      from: sides[0]!,
      steps: [
        { type: 'left', right: sides[1]!, on: onIds },
        { type: 'left', right: sides[2]!, on: equal(col(0), col(6)) },
      ],
    };
    const out = join(spec, [...rows, part(2, 2, 't2')]).rows.map((t) => [t.cols[1], t.cols[4], t.cols[7]]);
    expect(out).toEqual([
      ['l1', 'r1', undefined],
      ['l2', 'r2', 't2'],
      ['l2', 'r2b', 't2'],
      ['l3', undefined, undefined],
    ]);
  });

  test('joined rows carry the window; rows of the window stay as they were', () => {
    const l = part(0, 1, 'l1');
    const out = join(one('inner'), [l, part(1, 1, 'r1')]);
    expect(out.rows[0]!.win).toBe(win);
    expect(l.cols[4]).toBeUndefined();
  });

  test('ON that is not bool is an error of the window', () => {
    const { host, sink } = join(
      one('inner', () => 5n),
      rows,
    );
    expect(host.exceptions).toEqual(['run Join error: invalid join condition that returns non-bool value int64(5)']);
    expect(sink.collections).toHaveLength(0);
  });
});

describe('hash join', () => {
  const keys = [{ left: col(0), right: col(3) }];
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.integer({ min: 0, max: 4 }) },
    { weight: 2, arbitrary: fc.constantFrom<Value>(1n, 2n, 9007199254740993n, 9007199254740992, null, undefined, 0, -0, Number.NaN) },
  );
  const text = fc.constantFrom<Value>('a', 'b', '', null);
  const mixed = fc.oneof({ weight: 8, arbitrary: value }, { weight: 1, arbitrary: fc.constantFrom<Value>('1', true) });
  const rowsOf = (v: fc.Arbitrary<Value>) =>
    fc.array(fc.tuple(fc.constantFrom(0, 1), v), { maxLength: 12 }).map((list) => list.map(([side, id], i) => part(side, id, i)));

  test('any kind, any keys: the same rows, order and errors as the nested loop', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<JoinStep['type']>('inner', 'left', 'right', 'full'),
        fc.oneof(rowsOf(value), rowsOf(text), rowsOf(mixed)),
        fc.boolean(),
        (type, input, more) => {
          const on: Expr = more ? (t) => onIds(t) === true && (t.cols[1] as number) < (t.cols[4] as number) : onIds;
          const nested = join(one(type, on), input);
          const hashed = join(one(type, on, keys), input);
          expect(hashed.pairs).toEqual(nested.pairs);
          expect(hashed.host.exceptions).toEqual(nested.host.exceptions);
        },
      ),
      { numRuns: 1000 },
    );
  });

  test('two keys: the same as the nested loop', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(0, 1), value, text), { maxLength: 14 }),
        fc.constantFrom<JoinStep['type']>('inner', 'left', 'right', 'full'),
        (list, type) => {
          const input = list.map(([side, id, name]) => part(side, id, name));
          const names = equal(col(1), col(4));
          const on: Expr = (t) => onIds(t) === true && names(t) === true;
          const both = [...keys, { left: col(1), right: col(4) }];
          expect(join(one(type, on, both), input).pairs).toEqual(join(one(type, on), input).pairs);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('asks ON for candidates only', () => {
    let asked = 0;
    const on: Expr = (t) => {
      asked++;
      return onIds(t);
    };
    const input = Array.from({ length: 200 }, (_, i) => part(i % 2, Math.floor(i / 2), i));
    expect(join(one('inner', on, keys), input).pairs).toHaveLength(100);
    expect(asked).toBe(100);
  });
});

describe('join with a scan table', () => {
  const tableRow = (id: Value, name: Value) => new Tuple([id, name], 0);
  let conversions = 0;
  const table = {
    name: 'tbl',
    convert(t: Tuple) {
      conversions++;
      return part(1, t.cols[0], t.cols[1]);
    },
  };
  const spec = (type: JoinStep['type']): JoinSpec => ({
    from: sides[0]!,
    steps: [{ type, right: { ...sides[1]!, table }, on: onIds, keys: [{ left: col(0), right: col(3) }] }],
  });

  test('each row is joined with the content of that moment; the table is converted once per change', () => {
    const host = createTestHost();
    const sink = createSink();
    const op = createJoinAlign(newStats(), createJoin(spec('left'), host, newStats(), sink));
    conversions = 0;
    host.scanTables['tbl'] = { rows: [tableRow(1, 'one')], version: 1 };
    op.row(part(0, 1, 'a'));
    op.row(part(0, 2, 'b'));
    host.scanTables['tbl'] = { rows: [tableRow(1, 'uno'), tableRow(2, 'dos')], version: 2 };
    op.row(part(0, 2, 'c'));
    expect(sink.collections.map((c) => c.rows.map((t) => [t.cols[1], t.cols[4]]))).toEqual([
      [['a', 'one']],
      [['b', undefined]],
      [['c', 'dos']],
    ]);
    expect(conversions).toBe(3);
    expect(sink.collections[0]!.win).toBeUndefined();
  });

  test('no result for a row without match in an inner join', () => {
    const host = createTestHost();
    const sink = createSink();
    host.scanTables['tbl'] = { rows: [], version: 0 };
    createJoin(spec('inner'), host, newStats(), sink).row(part(0, 1, 'a'));
    expect(sink.collections).toHaveLength(0);
  });
});

// @covers issue:13#2
test('rows that the condition refuses take no memory; those that it keeps do', () => {
  const many = Array.from({ length: 200 }, (_, i) => part(i % 2, i, `n${i}`));
  const budget = () => new Budget('rule r', { maxSteps: 2_000_000, maxBytes: 100_000, maxTimeMs: 60_000 });
  const run = (on: Expr) => within(budget(), 1, () => join(one('inner', on), many).pairs.length);
  expect(run(() => false)).toBe(0); // 10,000 pairs
  expect(run((t) => t.cols[0] === 0)).toBe(100);
  expect(run(() => true)).toBe(0); // told as a failure of the join
});
