// The language people type: words and signs of standard SQL, each with the answers that it gives.
import { describe, expect, it, test } from 'vitest';
import type { Row, Value } from '../../src/data/value.ts';
import { startRule, stream, type TestOptions } from '../helpers/program.ts';

const standard: TestOptions = { sqlCompatibility: 'standard', sendNilField: true };

/** Values of one expression for rows of schemaless JSON. */
function values(expr: string, ...rows: Row[]): (Value | string)[] {
  const rule = startRule(`SELECT ${expr} AS r FROM demo`, standard);
  for (const row of rows) rule.push('demo', row);
  return rule.results.map((r) => ('$error' in r ? `error: ${r.$error.replace(/^.* err:/, '')}` : (r[0]!['r'] ?? null)));
}

// @covers issue:20#6
describe('one expression over rows gives', () => {
  test.each<[string, Row[], (Value | string)[]]>([
    ['a IS NULL', [{ a: 1 }, { a: null }, {}], [false, true, true]],
    ['a IS NOT NULL', [{ a: 1 }, { a: null }, {}, { a: false }], [true, false, false, true]],
    ['a IS TRUE', [{ a: true }, { a: false }, { a: null }], [true, false, false]],
    ['a IS NOT TRUE', [{ a: true }, { a: false }, { a: null }], [false, true, true]],
    ['a IS FALSE', [{ a: true }, { a: false }, { a: null }], [false, true, false]],
    ['a IS NOT FALSE', [{ a: true }, { a: false }, { a: null }], [true, false, true]],
    ['NOT a', [{ a: true }, { a: false }, { a: null }], [false, true, null]],
    ['NOT a > 1', [{ a: 1 }, { a: 2 }, {}], [true, false, null]],
    ['NOT a', [{ a: 5 }], ['error: invalid operation float64(5) = bool(false)']],
    ['a <> 1', [{ a: 1 }, { a: 2 }, {}], [false, true, null]],
    ['a == 1', [{ a: 1 }, { a: 2 }], [true, false]],
    [
      '"v=" || a || "!"',
      [{ a: 1000000 }, { a: 2.5 }, { a: 'x' }, { a: null }, { a: true }],
      ['v=1000000!', 'v=2.5!', 'vx!'.replace('v', 'v='), null, 'v=true!'],
    ],
    ['-a', [{ a: 2.5 }, { a: 3n }, { a: null }], [-2.5, -3n, null]],
    ['-a', [{ a: -(2n ** 63n) }], ['error: bigint out of range: -9223372036854775808 * -1']],
    ['10 - -a', [{ a: 2 }], [12]],
    ['1e3 + a', [{ a: 1 }], [1001]],
    ['0xFF & 0x0F', [{}], [15n]],
    ['1 << a', [{ a: 4 }], [16n]],
    ['256 >> 4', [{}], [16n]],
    ['[a, 2][1]', [{ a: 1 }], [2n]],
    ['cardinality([])', [{}], [0n]],
    ['2 * o->v', [{ o: { v: 21 } }], [42]],
    ['a - l[0] * 2', [{ a: 10, l: [3] }], [4]],
    ['o->end', [{ o: { end: 7 } }], [7]],
    ['o.end', [{ o: { end: 7 } }], [7]],
    ["o->'em:0'->v", [{ o: { 'em:0': { v: 7 } } }], [7]],
    [
      'CASE WHEN a THEN "yes" WHEN isnull(b) THEN "none" WHEN (b > 1) THEN "big" ELSE "small" END',
      [{ a: true }, { a: false, b: null }, { a: false, b: 2 }, { a: null, b: 1 }],
      ['yes', 'none', 'big', 'small'],
    ],
    ['CASE WHEN a THEN 1 END', [{ a: 5 }], ['error: evaluate case expression error: WHEN takes a condition, but found 5']],
    ['CAST(a AS BIGINT) + 1', [{ a: '41' }], [42n]],
    ['a::varchar || "x"', [{ a: 5n }], ['5x']],
    ['TRY_CAST(a AS DOUBLE)', [{ a: 'x' }, { a: '1.5' }], [null, 1.5]],
    [
      'a BETWEEN b - 1 AND b + 1',
      [
        { a: 2, b: 3 },
        { a: 1, b: 3 },
      ],
      [true, false],
    ],
    ['größe', [{ größe: 5 }], [5]],
    ['l[1 + i]', [{ l: [1, 2, 3], i: 1 }], [3]],
  ])('%s', (expr, rows, expected) => {
    expect(values(expr, ...rows)).toEqual(expected);
  });
});

it('names of the new words are columns: the values of the columns come', () => {
  const row = { interval: 1, if: 2, union: 3, mode: 4, with: 5, filter: 6, qualify: 7, distinct: 8, null: 9, is: 10 };
  const rule = startRule(
    'SELECT interval, if, union, mode, with, filter, qualify, distinct, is, interval + if AS sum FROM demo WHERE mode = 4',
    standard,
  );
  rule.push('demo', row);
  expect(rule.results).toEqual([[{ interval: 1, if: 2, union: 3, mode: 4, with: 5, filter: 6, qualify: 7, distinct: 8, is: 10, sum: 3 }]]);
});

it('NULL is the null also where all columns are declared', () => {
  const rule = startRule('SELECT coalesce(NULL, a) AS r, CASE WHEN a > 1 THEN a ELSE null END AS c FROM demo', {
    ...standard,
    sources: [stream('demo', [{ name: 'a', type: { kind: 'bigint' } }])],
  });
  rule.push('demo', { a: 1n });
  rule.push('demo', { a: 2n });
  expect(rule.results).toEqual([[{ r: 1n, c: null }], [{ r: 2n, c: 2n }]]);
});

it('the words of units are columns where no unit is meant, in the spelling of the column', () => {
  const rule = startRule('SELECT ms, MS, ss * 2 AS twice, o->dd AS d FROM demo WHERE ms > 1 AND hh IS NULL', standard);
  rule.push('demo', { ms: 5, MS: 6, ss: 7, o: { dd: 8 } });
  expect(rule.results).toEqual([[{ ms: 5, MS: 6, twice: 14, d: 8 }]]);
  const typed = { ...standard, sources: [stream('demo', [{ name: 'v', type: { kind: 'bigint' } }])] } as TestOptions;
  expect(() => startRule('SELECT v FROM demo WHERE held_for(v > 1, ss, 10)', typed)).not.toThrow();
  expect(() => startRule('SELECT ss FROM demo', typed)).toThrow(/unknown field ss/);
  const old = startRule('SELECT ms AS r, a FROM demo', { sendNilField: true });
  old.push('demo', { ms: 5, a: 1 });
  expect(old.results).toEqual([[{ r: null, a: 1 }]]);
});
