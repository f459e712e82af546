// Rules with one select list of plain columns give out one row for a message, and its text is made once.
import { describe, expect, it } from 'vitest';
import { createJsonEncoder } from '../../src/codecs/json/encode.ts';
import type { LastText } from '../../src/contract/codec.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Row, Value } from '../../src/data/value.ts';
import { SharedRowsRegistry } from '../../src/exec/shared-rows.ts';
import { startRule, type TestOptions } from '../helpers/program.ts';

const tuple = (a: Value, b: Value) => new Tuple([a, b], 0, undefined, undefined);
const start = (sql: string, options: TestOptions = {}) => {
  const rule = startRule(sql, { sqlCompatibility: 'standard', ...options });
  return (t: Tuple): Row | undefined => {
    rule.running.push(0, t);
    return (rule.results.pop() as Row[] | undefined)?.[0];
  };
};

describe('rules with the same select list', () => {
  // @covers issue:24#5
  it('give out the same object for a message, whatever their conditions', () => {
    const one = start('SELECT a, b FROM demo');
    const two = start('SELECT a, b FROM demo WHERE a > 0');
    const t = tuple(1, 2);
    expect(one(t)).toEqual({ a: 1, b: 2 });
    expect(two(t)).toBe(one(t));
  });

  it('give out what is in each message, in any order of rules and messages', () => {
    const one = start('SELECT a, b FROM demo');
    const two = start('SELECT a, b FROM demo WHERE a > 0');
    const first = tuple(1, 2);
    const second = tuple(3, null);
    const kept = one(first);
    expect(two(second)).toEqual({ a: 3, b: null });
    expect(two(first)).toEqual({ a: 1, b: 2 });
    expect(one(second)).toEqual({ a: 3, b: null });
    expect(kept).toEqual({ a: 1, b: 2 });
  });

  it('do not share with lists of other names, nor with the other mode of SQL', () => {
    const t = tuple(1, 2);
    const same = [start('SELECT a, b FROM demo'), start('SELECT a, b FROM demo WHERE b > 0')];
    const others = [
      start('SELECT a AS x, b AS y FROM demo'),
      start('SELECT a, b + 0 AS b FROM demo'),
      start('SELECT a, b FROM demo', { sqlCompatibility: 'ekuiper' }),
      start('SELECT *, a, b FROM demo'),
    ];
    const row = same[0]!(t);
    expect(same[1]!(t)).toBe(row);
    for (const other of others) expect(other(t)).not.toBe(row);
    expect(others[0]!(t)).toEqual({ x: 1, y: 2 });
  });

  it('make rows of their own where a row depends on more than the message', () => {
    const sql = 'SELECT a, lag(b) AS b FROM demo';
    const one = start(sql);
    const two = start(sql);
    one(tuple(1, 2));
    const t = tuple(1, 3);
    expect(one(t)).toEqual({ a: 1, b: 2 });
    expect(two(t)).not.toMatchObject({ b: 2 });
  });
});

describe('the registry', () => {
  it('makes the code for a list once, and holds nothing while one rule uses it', () => {
    const registry = new SharedRowsRegistry();
    let made = 0;
    const build = () => {
      made++;
      return (t: Tuple): Row => ({ a: t.cols[0] ?? null });
    };
    const one = registry.get('a', build);
    const t = tuple(1, 2);
    expect(one.rowOf(t)).not.toBe(one.rowOf(t));
    expect(registry.get('a', build)).toBe(one);
    expect(made).toBe(1);
    expect(one.rowOf(t)).toBe(one.rowOf(t));
    expect(registry.get('b', build)).not.toBe(one);
    expect(registry.size).toBe(2);
  });
});

describe('the text of a row', () => {
  // @covers issue:24#5
  it.each(['null', 'error'] as const)('is made once for all sinks that meet it one after the other (non-finite: %s)', (nonFinite) => {
    let reads = 0;
    const row = {
      get a() {
        reads++;
        return 1;
      },
    };
    const last: LastText = { row: undefined, text: '' };
    const [one, two] = [createJsonEncoder({ last, nonFinite }), createJsonEncoder({ last, nonFinite })];
    expect(one.encode(row)).toBe('{"a":1}');
    const before = reads;
    expect(two.encode(row)).toBe('{"a":1}');
    expect(two.encode([row])).toBe('[{"a":1}]');
    expect(reads).toBe(before);
  });

  it('is not that of a sink which writes numbers that are none in another way', () => {
    const last: LastText = { row: undefined, text: '' };
    const row = { a: Number.NaN };
    expect(createJsonEncoder({ last, nonFinite: 'null' }).encode(row)).toBe('{"a":null}');
    expect(() => createJsonEncoder({ last, nonFinite: 'error' }).encode(row)).toThrow();
  });
});
