// Single-stream rules end to end in process: parse, plan, compile, push, result.
import { describe, expect, it } from 'vitest';
import { runRule, startRule } from '../helpers/program.ts';

const rows = [
  { id: 1, dev: 'a', temp: 20.5, hum: 40, o: { x: 1, y: { z: 'deep' } }, tags: ['p', 'q'] },
  { id: 2, dev: 'b', temp: 30, hum: 55, o: { x: 2 }, tags: [] },
  { id: 3, dev: 'a', temp: -5, hum: 10, nul: null },
  { id: 4, dev: 'c', hum: 99, temp: 30 },
  { id: 5 },
  { dev: 'z', temp: '31', hum: true, id: 6 },
];

describe('streaming rules', () => {
  it('filters and projects', () => {
    expect(runRule('SELECT id FROM demo WHERE temp > 20', rows.slice(0, 5))).toEqual([[{ id: 1 }], [{ id: 2 }], [{ id: 4 }]]);
  });
  it('reports a comparison of text with number', () => {
    expect(runRule('SELECT id FROM demo WHERE temp > 20', rows.slice(5))).toEqual([
      { $error: 'run Where error: invalid operation string(31) > int64(20)' },
    ]);
  });
  it('sends the decoded object for *', () => {
    expect(runRule('SELECT * FROM demo', rows)).toEqual(rows.map((r) => [r]));
  });
  it('keeps a present null of a plain column and leaves absent fields out', () => {
    expect(runRule('SELECT nul, nope FROM demo', rows.slice(2, 4))).toEqual([[{ nul: null }], [{}]]);
  });
  it('uses aliases in other fields and in WHERE', () => {
    expect(runRule('SELECT id + 1 AS n, n * 2 AS m FROM demo WHERE n > 2', rows.slice(0, 3))).toEqual([[{ m: 6, n: 3 }], [{ m: 8, n: 4 }]]);
  });
  it('an alias wins over a column of its name, except in its own expression', () => {
    expect(runRule('SELECT a+1 AS a, a+2 AS s FROM demo', [{ a: 1 }])).toEqual([[{ a: 2, s: 4 }]]);
  });
  it('EXCEPT and REPLACE', () => {
    expect(runRule('SELECT * EXCEPT(temp, hum, o, tags) REPLACE(id * 10 AS id) FROM demo', rows.slice(0, 1))).toEqual([
      [{ dev: 'a', id: 10 }],
    ]);
  });
  it('asks the source only for the columns that it reads', () => {
    expect(startRule('SELECT id, x FROM demo WHERE temp > 1').program.inputs).toEqual([
      { source: 'demo', emitter: 'demo', kind: 'stream', columns: ['id', 'temp', 'x'], all: false },
    ]);
  });
  it('exports leading conjuncts for the index of the source', () => {
    expect(startRule('SELECT id FROM demo WHERE dev = "a" AND 5 < temp AND hum + 1 > 2 AND id = 1').program.index).toEqual([
      { input: 0, column: 'dev', op: '=', value: 'a' },
      { input: 0, column: 'temp', op: '>', value: 5n },
    ]);
  });
  it('LIMIT 0 sends nothing, other limits do nothing to single rows', () => {
    expect(runRule('SELECT id FROM demo LIMIT 0', rows)).toEqual([]);
    expect(runRule('SELECT id FROM demo LIMIT 1', rows.slice(0, 2))).toEqual([[{ id: 1 }], [{ id: 2 }]]);
  });
  it('names the field that failed', () => {
    expect(runRule('SELECT 1/0 AS z, id FROM demo', rows.slice(0, 1))).toEqual([
      { $error: 'run Select error: alias: z expr: binaryExpr:{ 1 / 0 } meet error, err:divided by zero' },
    ]);
  });
});
