// Several programs as one (graph rules that branch): shared inputs, sinks by branch, state by branch.
import { describe, expect, test } from 'vitest';
import { type Result, Tuple } from '../../src/data/tuple.ts';
import type { Row } from '../../src/data/value.ts';
import { joinBranches } from '../../src/exec/branches.ts';
import { newOperatorStats, type ProgramHost, type ProgramInput, type RuleProgram } from '../../src/exec/operator.ts';

const input = (source: string, ...columns: string[]): ProgramInput => ({ source, emitter: source, kind: 'stream', columns, all: false });

/** Emits the slots that it was given for its columns; counts rows as its state. */
function program(...inputs: ProgramInput[]): RuleProgram {
  return {
    inputs,
    lookups: [],
    stateful: true,
    eventTime: false,
    index: [{ input: 0, column: 'a', op: '=', value: 1 }],
    operators: ['2_count'],
    fingerprints: { '2_count': 'x' },
    start(host, slotOf) {
      const slots = inputs.map((i, at) => i.columns.map((c) => slotOf(at, c)));
      let count = 0;
      host.stats('2_count');
      return {
        push(at, t) {
          count++;
          const row = Object.fromEntries(inputs[at]!.columns.map((c, k) => [c, t.cols[slots[at]![k]!]]));
          host.emit({ rows: [{ ...row, count }], acks: [], meta: undefined, tsMs: 0 });
        },
        save: () => ({ '2_count': count }),
        load(state) {
          count = (state['2_count'] as number | undefined) ?? 0;
        },
        begin: () => undefined,
        end: () => undefined,
        close: () => undefined,
      };
    },
  };
}

function run(joined: RuleProgram, state?: Record<string, unknown>) {
  const results: Result[] = [];
  const stats: string[] = [];
  const host = { emit: (r: Result) => void results.push(r), stats: (name: string) => stats.push(name) } as unknown as ProgramHost;
  const slots = ['a', 'b', 'c'];
  const running = joined.start(host, (_input, column) => slots.indexOf(column));
  if (state) running.load(state);
  return { running, results, stats };
}

const joined = joinBranches([
  { program: program(input('s', 'a', 'b')), sinks: [0, 2] },
  { program: program(input('t', 'c'), input('s', 'b', 'c')), sinks: [1] },
]);

describe('branches', () => {
  test('an input that two branches read is subscribed once, with the columns of both', () => {
    expect(joined.inputs.map((i) => [i.source, i.columns])).toEqual([
      ['s', ['a', 'b', 'c']],
      ['t', ['c']],
    ]);
    // a row may be wanted by one branch only
    expect(joined.index).toEqual([]);
    expect(joined.operators).toEqual(['b0_2_count', 'b1_2_count']);
    expect(Object.keys(joined.fingerprints)).toEqual(joined.operators);
  });

  test('results go to the sinks of their branch', () => {
    const { running, results, stats } = run(joined);
    running.push(0, new Tuple([1n, 2n, 3n], 0));
    running.push(1, new Tuple([undefined, undefined, 9n], 0));
    expect(results.map((r) => [r.sinks, r.rows])).toEqual([
      [[0, 2], [{ a: 1n, b: 2n, count: 1 }]],
      [[1], [{ b: 2n, c: 3n, count: 1 }]],
      [[1], [{ c: 9n, count: 2 }]],
    ]);
    expect(stats).toEqual(joined.operators);
  });

  // @covers issue:18#3
  test('the row that failed, late rows, CPU time and what operators tell of themselves reach the rule, by branch', () => {
    const told: unknown[] = [];
    const cpu = { begin: () => void told.push('begin'), end: () => void told.push('end') };
    const host = {
      emit: () => undefined,
      stats: newOperatorStats,
      cpu,
      late: (row: Row, t: Tuple) => void told.push(['late', row, t.tsMs]),
      exception: (...args: unknown[]) => void told.push(['failed', ...args.slice(1)]),
    } as unknown as ProgramHost;
    const telling: RuleProgram = {
      ...program(input('s', 'a')),
      details: { '2_count': { columns: ['a'], text: 'a > 1' } },
      start(own, slotOf) {
        own.cpu?.begin();
        own.late?.({ a: 1 }, new Tuple([1], 5));
        own.cpu?.end();
        own.exception(own.stats('2_count'), 'broken', { sample: '{"a":1}', key: 'k' });
        return { ...program(input('s', 'a')).start(own, slotOf), explain: () => ({ '2_count': { held: 3 } }) };
      },
    };
    const both = joinBranches([
      { program: program(input('s', 'b')), sinks: [0] },
      { program: telling, sinks: [1] },
    ]);
    expect(both.details).toEqual({ b1_2_count: { columns: ['a'], text: 'a > 1' } });
    const running = both.start(host, () => 0);
    expect(told).toEqual(['begin', ['late', { a: 1 }, 5], 'end', ['failed', 'broken', { sample: '{"a":1}', key: 'k' }]]);
    expect(running.explain!()).toEqual({ b1_2_count: { held: 3 } });
  });

  test('state is kept by branch', () => {
    const first = run(joined);
    first.running.push(0, new Tuple([1n, 2n, 3n], 0));
    first.running.push(1, new Tuple([1n, 2n, 3n], 0));
    const state = first.running.save();
    expect(state).toEqual({ b0_2_count: 1, b1_2_count: 2 });
    const second = run(joined, state);
    expect(second.running.save()).toEqual(state);
  });
});
