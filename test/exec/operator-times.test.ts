// Times of operators: each without those behind it, and only while rows are measured.
import { describe, expect, test } from 'vitest';
import { newOperatorStats, type Operator } from '../../src/exec/operator.ts';
import { measuredCalls, OperatorTimes } from '../../src/exec/operator-times.ts';
import { row } from '../helpers/operators.ts';

describe('times of operators', () => {
  const setUp = () => {
    let nowMs = 0;
    const seen: [string, number][] = [];
    const clock = { monotonic: () => nowMs } as never;
    const times = new OperatorTimes(clock, (op, us) => void seen.push([op, us]));
    const operator = (name: string, ms: number, next?: Operator): Operator => ({
      stats: newOperatorStats(name),
      row(t) {
        nowMs += ms;
        if (t.cols[0] === name) throw new Error(name);
        next?.row(t);
        nowMs += ms;
      },
      rows(c) {
        for (const t of c.rows) this.row(t);
      },
    });
    return { times, seen, operator };
  };

  test('are those of the operator itself, to the microsecond, rows of a collection in one', () => {
    const { times, seen, operator } = setUp();
    const sink = operator('5_sink', 0.25);
    const project = operator('4_project', 0.5, sink);
    const filter = operator('3_filter', 1, project);
    const set = [filter, project, sink].map((op) => measuredCalls(op, times));
    filter.row(row([1], 0));
    expect(seen).toEqual([]);
    for (const on of set) on(true);
    filter.row(row([1], 0));
    expect(seen.splice(0)).toEqual([
      ['5_sink', 500],
      ['4_project', 1000],
      ['3_filter', 2000],
    ]);
    project.rows({ rows: [row([1], 0), row([2], 0)], win: undefined });
    // what it calls of itself is behind it as well
    expect(seen.splice(0)).toEqual([
      ['5_sink', 500],
      ['4_project', 1000],
      ['5_sink', 500],
      ['4_project', 1000],
      ['4_project', 0],
    ]);
    for (const on of set) on(false);
    filter.row(row([1], 0));
    expect(seen).toEqual([]);
  });

  test('of an operator that throws are counted, and those before it stay right', () => {
    const { times, seen, operator } = setUp();
    const project = operator('4_project', 0.5);
    const filter = operator('3_filter', 1, project);
    for (const on of [filter, project].map((op) => measuredCalls(op, times))) on(true);
    expect(() => filter.row(row(['4_project'], 0))).toThrow('4_project');
    expect(seen).toEqual([
      ['4_project', 500],
      ['3_filter', 1000],
    ]);
  });
});
