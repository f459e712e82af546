// The select list alone: key order, nulls, spreading, acknowledgement handles.
import { describe, expect, it } from 'vitest';
import { Tuple } from '../../src/data/tuple.ts';
import { createProject, type OutputColumn, type ProjectSpec, sinkEmitter } from '../../src/exec/project.ts';
import { MessageAck } from '../../src/runtime/delivery/ack.ts';
import { noState, operatorHost, row } from '../helpers/operator-host.ts';

const column = (name: string, slot: number, nulls: OutputColumn['nulls'] = 'keep-null'): OutputColumn => ({
  name,
  value: (t) => t.cols[slot],
  nulls,
});

function project(spec: Partial<ProjectSpec>) {
  const h = operatorHost();
  const op = createProject(
    {
      columns: [],
      hidden: [],
      spreadFirst: [],
      except: new Set(),
      spread: [],
      limit: undefined,
      sendMeta: false,
      next: sinkEmitter(h.host),
      state: noState,
      ...spec,
    },
    h.host,
    h.stats,
  );
  return { ...h, op };
}

describe('project', () => {
  it('treats null and absent by the rule of the column', () => {
    const p = project({ columns: [column('a', 0), column('b', 0, 'never'), column('c', 0, 'always')] });
    p.op.row(row(null));
    p.op.row(row(undefined));
    p.op.row(row(1));
    expect(p.results.map((r) => r.rows[0])).toEqual([{ a: null, c: null }, { c: null }, { a: 1, b: 1, c: 1 }]);
  });

  it('hands the decoded object on for * alone, and copies it when anything is added', () => {
    const object = { x: 1 };
    const alone = project({ spreadFirst: [(t) => t.cols[0]] });
    alone.op.row(row(object));
    expect(alone.results[0]!.rows[0]).toBe(object);
    const more = project({ spreadFirst: [(t) => t.cols[0]], columns: [column('y', 1)] });
    more.op.row(row(object, 2));
    expect(more.results[0]!.rows[0]).toEqual({ x: 1, y: 2 });
    expect(object).toEqual({ x: 1 });
  });

  it('lets the earlier input win where names of two inputs clash', () => {
    const p = project({ spreadFirst: [(t) => t.cols[0], (t) => t.cols[1]] });
    p.op.row(row({ id: 1 }, { id: 2, r: 3 }));
    expect(p.results[0]!.rows).toEqual([{ id: 1, r: 3 }]);
  });

  it('makes __proto__ a plain member', () => {
    const p = project({ columns: [column('__proto__', 0)] });
    p.op.row(row({ polluted: true }));
    const out = p.results[0]!.rows[0]!;
    expect(Object.keys(out)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(out)).toBe(Object.prototype);
  });

  it('gives the handle of a message to the sinks, none for rows of a window', () => {
    const p = project({ columns: [column('a', 0)] });
    const ack = new MessageAck(() => undefined);
    p.op.row(new Tuple([1], 5, { topic: 't' }, ack));
    p.op.rows({
      rows: [new Tuple([1], 5, { topic: 't' }, ack, { startMs: 0, endMs: 9, triggerMs: 9 })],
      win: { startMs: 0, endMs: 9, triggerMs: 9 },
    });
    expect(p.results.map((r) => [r.acks.length, r.tsMs, r.meta])).toEqual([
      [1, 5, { topic: 't' }],
      [0, 9, { topic: 't' }],
    ]);
  });

  it('cuts collections at LIMIT; LIMIT 0 gives an empty collection and no streaming row', () => {
    const rows = [row(1), row(2), row(3)];
    const two = project({ columns: [column('a', 0)], limit: 2 });
    two.op.rows({ rows, win: undefined });
    expect(two.results[0]!.rows).toEqual([{ a: 1 }, { a: 2 }]);
    const none = project({ columns: [column('a', 0)], limit: 0 });
    none.op.rows({ rows, win: undefined });
    none.op.row(row(1));
    expect(none.results.map((r) => r.rows)).toEqual([[]]);
  });

  it('adds metadata when asked', () => {
    const p = project({ columns: [column('a', 0)], sendMeta: true });
    p.op.row(new Tuple([1], 0, { topic: 't' }));
    expect(p.results[0]!.rows[0]).toEqual({ a: 1, __meta: { topic: 't' } });
  });

  it('reports a row that cannot be computed', () => {
    const p = project({
      columns: [
        {
          name: 'a',
          value: () => {
            throw new Error('boom');
          },
          nulls: 'never',
        },
      ],
    });
    p.op.row(row(1));
    expect(p.errors).toEqual(['run Select error: boom']);
    expect(p.results).toEqual([]);
  });
});
