// Streams with thousands of declared columns: usable everywhere, at a cost that grows with the columns and not with their square.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJsonDecoder } from '../../src/codecs/json/decode.ts';
import type { FieldDef } from '../../src/contract/schema.ts';
import type { Row } from '../../src/data/value.ts';
import { createLayout } from '../../src/runtime/source/layout.ts';
import { parseStatement } from '../../src/sql/index.ts';
import { startRule, stream } from '../helpers/program.ts';
import { startWorkCounter, type WorkCounter } from '../helpers/work.ts';

const kinds = ['bigint', 'float', 'string', 'boolean'] as const;
const ddl = (n: number) =>
  `CREATE STREAM wide (${Array.from({ length: n }, (_, i) => `col_${i} ${kinds[i % 4]}`).join(', ')}) WITH (DATASOURCE="wide", FORMAT="json")`;
const schemaOf = (n: number): FieldDef[] => Array.from({ length: n }, (_, i) => ({ name: `col_${i}`, type: { kind: kinds[i % 4]! } }));
const message = (n: number, add = 0) =>
  Buffer.from(JSON.stringify(Object.fromEntries(schemaOf(n).map(({ name }, i) => [name, [i + add, i + 0.5, `s${i}`, i % 8 < 4][i % 4]]))));

const N = 15_000;
const wide = schemaOf(N);

describe('15,000 declared columns', () => {
  it('are taken by CREATE STREAM', () => {
    const statement = parseStatement(ddl(N)) as unknown as { fields: unknown[] };
    expect(statement.fields.length).toBe(N);
  });

  it.each([
    ['a rule', 'SELECT col_1, col_14998 FROM wide WHERE col_0 > 3', [{ col_1: 1.5, col_14998: 's14998' }]],
    ['a window', 'SELECT sum(col_14996) AS n, count(*) AS c FROM wide GROUP BY COUNTWINDOW(1)', [{ n: 15_006n, c: 1n }]],
    [
      'a join',
      'SELECT wide.col_2, r.id FROM wide INNER JOIN r ON wide.col_14996 = r.id GROUP BY COUNTWINDOW(2)',
      [{ col_2: 's2', id: 15_006n }],
    ],
  ] as [string, string, Row[]][])('are usable in %s', (_name, sql, expected) => {
    const r = startRule(sql, { sources: [stream('wide', wide), stream('r', [{ name: 'id', type: { kind: 'bigint' } }])] });
    const row = createJsonDecoder({ schema: wide }).decode(message(N, 10)) as Row;
    if (sql.includes('JOIN')) r.push('r', { id: 15_006n });
    r.push('wide', row);
    expect(r.results).toEqual([expected]);
  });

  it('come out of SELECT * in their order, with their types', () => {
    const r = startRule('SELECT * FROM wide WHERE col_0 > 3', { sources: [stream('wide', wide)] });
    r.push('wide', createJsonDecoder({ schema: wide }).decode(message(N, 10)) as Row);
    const [row] = r.results[0] as Row[];
    expect(Object.keys(row!)).toEqual(wide.map((f) => f.name));
    expect([row!['col_14996'], row!['col_14997'], row!['col_14998'], row!['col_14999']]).toEqual([15_006n, 14_997.5, 's14998', false]);
  });
});

describe('a layout with many columns', () => {
  it('gives the same values as one with few', () => {
    const few = createLayout();
    const many = createLayout();
    const names = ['x', '*', 'toString', 'constructor', '__proto__', 'gone'];
    const slots = names.map((n) => [few.acquire(n), many.acquire(n)] as const);
    for (let i = 0; i < 600; i++) many.acquire(`more_${i}`);
    few.release('gone');
    many.release('gone');
    for (const text of ['{"x":1,"gone":2}', '{"x":null,"toString":3,"__proto__":{"y":1},"constructor":"c"}']) {
      const row = JSON.parse(text) as Row;
      const [a, b] = [few.extract(row), many.extract(row)];
      expect(slots.map(([, s]) => b[s])).toEqual(slots.map(([s]) => a[s]));
      expect(b.length).toBe(606);
    }
    const bad = createJsonDecoder({ schema: [{ name: 'x', type: { kind: 'bigint' } }] }).decode(Buffer.from('{"x":"no"}')) as Row;
    for (const layout of [few, many]) expect(() => layout.extract(bad)).toThrow('x has wrong type:string, expect:bigint');
  });
});

describe('the work for declared columns', () => {
  let work: WorkCounter;
  beforeAll(async () => {
    work = await startWorkCounter();
  });
  afterAll(() => work.stop());

  it.each([
    ['a statement that declares them', (n: number) => parseStatement(ddl(n))],
    [
      'a rule that names all of them',
      (n: number) =>
        startRule(`SELECT ${schemaOf(n).map((f) => f.name).join(', ')} FROM wide`, { sources: [stream('wide', schemaOf(n))] }), // biome-ignore format: one line
    ],
    [
      'a rule that names them in another case',
      (n: number) => startRule(`SELECT ${schemaOf(n).map((f) => f.name.toUpperCase()).join(', ')} FROM wide`, { sources: [stream('wide', schemaOf(n))], ignoreCase: true }), // biome-ignore format: one line
    ],
    ['a decoder', (n: number) => createJsonDecoder({ schema: schemaOf(n) }).decode(message(n))],
    [
      'a layout',
      (n: number) => {
        const layout = createLayout();
        for (const { name } of schemaOf(n)) layout.acquire(name);
        return layout.extract({});
      },
    ],
  ])('of %s grows with their number and not with its square', async (_name, run) => {
    expect(await work.growth(run, 150)).toBeLessThan(6);
  });

  it('that a rule does not read is not done: a message is skipped through, and nothing is made of them', async () => {
    const all = createJsonDecoder({ schema: schemaOf(400) });
    const one = createJsonDecoder({ schema: schemaOf(1) });
    const bytes = message(400);
    await work.count(() => [all.decode(bytes), one.decode(bytes)]);
    const forAll = await work.count(() => all.decode(bytes));
    const forOne = await work.count(() => one.decode(bytes));
    expect(one.decode(bytes)).toEqual({ col_0: 0n });
    expect(forOne).toBeLessThan(forAll * 0.8);
  });
});
