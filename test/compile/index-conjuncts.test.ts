// What of a WHERE a shared source may look rules up by: with it no row is kept from a rule that would take it or fail on it.
import { describe, expect, it } from 'vitest';
import { createJsonEncoder } from '../../src/codecs/json/encode.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Row, Value } from '../../src/data/value.ts';
import type { IndexConjunct } from '../../src/exec/operator.ts';
import { createRuleIndex } from '../../src/runtime/source/rule-index.ts';
import { startRule } from '../helpers/program.ts';

const conjunctsOf = (where: string) => startRule(`SELECT x FROM demo WHERE ${where}`).program.index;
const values: Value[] = [
  undefined, null, 0, -0, 1, 1.5, 2, 3, 10, 1n, 2n, 2n ** 60n, Number.NaN, '', 'a', 'ab', 'abc', 'b', 'a%c', '1', true, false, [1], { a: 1 },
]; // biome-ignore format: a list

describe('rules on one source', () => {
  // @covers issue:24#5
  it.each([
    ["x IN ('a', 'b')", [{ op: 'in', values: ['a', 'b'] }]],
    ['x IN (1, 2.0)', [{ op: 'in', values: [1, 2] }]],
    ["x IN (1, 'a')", []],
    ["x NOT IN ('a')", []],
    ['x IN (1, y)', []],
    [
      'x BETWEEN 1 AND 3',
      [
        { op: '>=', value: 1 },
        { op: '<=', value: 3 },
      ],
    ],
    ['x NOT BETWEEN 1 AND 3', []],
    ["x LIKE 'ab%'", [{ op: 'prefix', value: 'ab' }]],
    ["x LIKE 'a_c'", [{ op: 'prefix', value: 'a' }]],
    ["x LIKE '%a'", []],
    ["x NOT LIKE 'a%'", []],
    [
      'x > 1 AND x IN (2, 3) AND abs(x) > 0 AND x < 5',
      [
        { op: '>', value: 1n },
        { op: 'in', values: [2, 3] },
      ],
    ],
  ])('are looked up by what WHERE %s says', (where, expected) => {
    // biome-ignore format: a table
    expect(conjunctsOf(where)).toEqual(expected.map((c) => ({ input: 0, column: 'x', ...c })));
  });

  it.each([
    "x IN ('a', 'b')",
    'x IN (1, 2.0)',
    'x IN (0)',
    'x BETWEEN 1 AND 2',
    'x BETWEEN 3 AND 1',
    "x LIKE 'ab%'",
    "x LIKE 'a%' AND x != 'ab'",
    "x LIKE 'a\\\\%c'",
    "x = 'a'",
    'x > 1 AND x IN (1, 2, 3)',
    "x IN ('a') AND x LIKE 'b%'",
  ])('get every row that they take or fail on, with WHERE %s', (where) => {
    for (const x of values) {
      const rule = startRule(`SELECT x FROM demo WHERE ${where}`);
      rule.push('demo', x === undefined ? {} : { x });
      let called = 0;
      const index = createRuleIndex<{ push(): void }>();
      expect(index.add({ push: () => void called++ }, rule.program.index, () => 0)).toBe(true);
      index.dispatch(new Tuple([x], 0));
      if (rule.results.length > 0) expect(called, `${typeof x} ${String(x)}`).toBe(1);
      expect(called).toBeLessThanOrEqual(1);
    }
  });

  it('are not called for rows of others: thousands with own values cost what one costs', () => {
    const index = createRuleIndex<{ push(): void }>();
    const called: number[] = [];
    const members = Array.from({ length: 8000 }, (_, i) => ({ push: () => void called.push(i) }));
    members.forEach((m, i) => {
      const conjuncts: IndexConjunct[][] = [
        [{ input: 0, column: 'x', op: 'in', values: [`d${i}`, `e${i}`] }],
        [{ input: 0, column: 'x', op: 'prefix', value: `prefix-${i}-` }],
        [
          { input: 0, column: 'temperature', op: '>', value: 3 },
          { input: 0, column: 'x', op: '=', value: `d${i}` },
        ],
      ];
      index.add(m, conjuncts[i % 3]!, (c) => (c === 'x' ? 0 : 1));
    });
    for (const x of ['d4500', 'e4500', 'prefix-4501-y', 'd4502', 'd4501', 'prefix-45']) index.dispatch(new Tuple([x, 5], 0));
    expect(called).toEqual([4500, 4500, 4501, 4502]);
    called.length = 0;
    // null is an error of each LIKE, and passes no other
    index.dispatch(new Tuple([null, 5], 0));
    expect(called.length).toBe(2667);
    for (const m of members) index.remove(m);
    called.length = 0;
    for (const x of ['d4500', 'prefix-4501-y', null, 7]) index.dispatch(new Tuple([x, 5], 0));
    expect(called).toEqual([]);
    expect(index.size).toBe(0);
  });
});

describe('a row that several rules give out', () => {
  const counting = () => {
    let reads = 0;
    const row = Object.defineProperty({} as Row, 'a', { enumerable: true, get: () => ++reads && 1 });
    return { row, reads: () => reads };
  };

  it('is written once', () => {
    const last = { row: undefined as unknown, text: '' };
    const [one, two] = [createJsonEncoder({ last }), createJsonEncoder({ last })];
    const { row, reads } = counting();
    expect(one.encode(row)).toBe('{"a":1}');
    const before = reads();
    expect([two.encode(row), two.encode([row]), one.encode(row)]).toEqual(['{"a":1}', '[{"a":1}]', '{"a":1}']);
    expect(reads()).toBe(before);
  });

  it('is not taken for another one, nor for a list of several', () => {
    const last = { row: undefined as unknown, text: '' };
    const encoder = createJsonEncoder({ last });
    const [a, b] = [{ x: 1 }, { x: 1, y: 2n }] as unknown as [Row, Row];
    expect([encoder.encode(a), encoder.encode(b), encoder.encode([a, b]), encoder.encode(a), encoder.encode([])]).toEqual([
      '{"x":1}',
      '{"x":1,"y":2}',
      '[{"x":1},{"x":1,"y":2}]',
      '{"x":1}',
      '[]',
    ]);
  });

  it('that cannot be written fails for each of them', () => {
    const last = { row: undefined as unknown, text: '' };
    const encoder = createJsonEncoder({ last });
    const bad = { x: Number.NaN } as unknown as Row;
    for (let i = 0; i < 2; i++) expect(() => encoder.encode(bad)).toThrow('unsupported value: NaN');
    expect(encoder.encode({ x: 2 } as Row)).toBe('{"x":2}');
    // as null for one that wants it so, and an error for the others all the same
    expect(createJsonEncoder({ last, nonFinite: 'null' }).encode(bad)).toBe('{"x":null}');
    expect(() => encoder.encode(bad)).toThrow('unsupported value: NaN');
  });
});
