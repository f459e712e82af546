import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../src/sql/index.ts';
import { shape } from './helpers/shape.ts';

const table = (rows: readonly (readonly [sql: string, shape: string])[]) =>
  test.each(rows)('%s', (sql, expected) => {
    expect(shape(parseExpression(sql))).toBe(expected);
  });

describe('literals', () => {
  table([
    ['1', '1'],
    ['-1', '-1'],
    ['- 1', '-1'],
    ['1.5', '1.5f'],
    ['-1.5', '-1.5f'],
    ['.5', '0.5f'],
    ['-.5', '-0.5f'],
    ['2.', '2f'],
    ['9223372036854775807', '9223372036854775807'],
    ['-9223372036854775808', '-9223372036854775808'],
    ['99999999999999999999', '9223372036854775807'],
    ['-99999999999999999999', '-9223372036854775808'],
    ['0000000000000000000000000001', '1'],
    ['TRUE', 'true'],
    ['false', 'false'],
    ['"a"', '"a"'],
    ["'a'", '"a"'],
    ['ss', ':ss'],
    ['null', 'null'],
  ]);
});

describe('precedence: OR < AND < comparison, IN, LIKE, BETWEEN < + - | ^ < * / % & [] -> .', () => {
  table([
    ['a OR b AND c', '(OR a (AND b c))'],
    ['a AND b OR c', '(OR (AND a b) c)'],
    ['a = 1 AND b = 2', '(AND (= a 1) (= b 2))'],
    ['a + 1 = b', '(= (+ a 1) b)'],
    ['a + b * c', '(+ a (* b c))'],
    ['a * b + c', '(+ (* a b) c)'],
    ['a - b - c', '(- (- a b) c)'],
    ['a / b * c', '(* (/ a b) c)'],
    ['a | b ^ c', '(^ (| a b) c)'],
    ['a | b & c', '(| a (& b c))'],
    ['a = b = c', '(= (= a b) c)'],
    ['a < b IN (1)', '(in (< a b) [1])'],
    ['(a + b) * c', '(* (+ a b) c)'],
  ]);

  test('a - (-5): a minus after a minus needs parentheses', () => {
    expect(shape(parseExpression('a - (-5)'))).toBe('(- a -5)');
    expect(shape(parseExpression('a + -5'))).toBe('(+ a -5)');
    expect(shape(parseExpression('a -5'))).toBe('(- a 5)');
  });
});

describe('predicates', () => {
  table([
    ['a BETWEEN 1 AND 2', '(between a 1 2)'],
    ['a NOT BETWEEN -1 AND b + 1 AND c', '(AND (not-between a -1 (+ b 1)) c)'],
    ['a + 1 BETWEEN (b - 1) AND 5', '(between (+ a 1) (- b 1) 5)'],
    ['a IN (1, "x", b)', '(in a [1 "x" b])'],
    ['a NOT IN (1)', '(not-in a [1])'],
    ['a IN b', '(in a b)'],
    ['a IN b->c[0:2] AND d', '(AND (in a ([:] (-> b c) 0 2)) d)'],
    ['a LIKE "x%"', '(like a "x%")'],
    ["a NOT LIKE concat('%', b) OR c", '(OR (not-like a (concat "%" b)) c)'],
    ['a LIKE 5', '(like a 5)'],
  ]);
});

describe('names and access', () => {
  table([
    ['a.b', 'a/b'],
    ['a.b.c', '(-> a/b c)'],
    ['a.b->c.d', '(-> (-> a/b c) d)'],
    ['a->b', '(-> a b)'],
    ['a.', 'a'],
    ['a.*', '(star a [])'],
    ['`a-b`.`select`', 'a-b/select'],
    ['a[0]', '([] a 0)'],
    ['a[-1]', '([] a -1)'],
    ['a[b + 1]', '([] a (+ b 1))'],
    ['a[(1 + b):(2 - c)]', '([:] a (+ 1 b) (- 2 c))'],
    ['a[1.5]', '([] a 1.5f)'],
    ['a[1:2]', '([:] a 1 2)'],
    ['a[1:]', '([:] a 1 -)'],
    ['a[:2]', '([:] a - 2)'],
    ['a[:]', '([:] a - -)'],
    ['a[]', '([:] a - -)'],
    ['a[0][1]->b', '(-> ([] ([] a 0) 1) b)'],
    ['a->1', '(-> a !1)'],
    ['a->f(b)', '(-> a !(f b))'],
    ['2 * a[0]', '([] (* 2 a) 0)'],
    ['2 + a[0]', '(+ 2 ([] a 0))'],
    ['2 * a->b', '(-> (* 2 a) b)'],
  ]);
});

describe('calls', () => {
  table([
    ['f()', '(f)'],
    ['F (a, b,)', '(F a b)'],
    ['count(*)', '(count (star - []))'],
    ['count(d.*)', '(count (star d []))'],
    ['collect(*)[1]->id', '(-> ([] (collect (star - [])) 1) id)'],
    ['lag(a, 1) OVER (PARTITION BY b, c WHEN d > 1)', '(lag a 1 over{by b c; order ; when (> d 1)})'],
    ['row_number() OVER (PARTITION BY a ORDER BY b DESC, c)', '(row_number over{by a; order b- c+; when -})'],
    ['meta(topic)', '(meta @topic)'],
    ['meta(s.topic)', '(meta @s/topic)'],
    ['META(a->b)', '(META (-> @a b))'],
    ['meta(*)', '(meta @*)'],
    ['mqtt(topic) = topic', '(= (mqtt @topic) topic)'],
    ['meta(abs(a))', '(meta (abs a))'],
    ['concat(meta(a), b)', '(concat (meta @a) b)'],
  ]);
});

describe('CASE', () => {
  table([
    ['CASE a WHEN 1 THEN "x" WHEN 2 THEN "y" ELSE "z" END', '(case a 1=>"x" 2=>"y" else "z")'],
    ['CASE WHEN a = 1 THEN 1 END', '(case - (= a 1)=>1)'],
    ['CASE WHEN a IN (1) AND b THEN 1 WHEN TRUE THEN 2 END', '(case - (AND (in a [1]) b)=>1 true=>2)'],
    ['CASE WHEN a LIKE "x" THEN CASE b WHEN 1 THEN 2 END END', '(case - (like a "x")=>(case b 1=>2))'],
    ['CASE a + 1 WHEN b THEN c END + 1', '(+ (case (+ a 1) b=>c) 1)'],
  ]);
});

describe('wildcards', () => {
  table([
    ['*', '(star - [])'],
    ['* EXCEPT(a, b)', '(star - [a b])'],
    ['* EXCEPT()', '(star - [])'],
    ['* EXCEPT(a b,)', '(star - [a b])'],
    ['* REPLACE(a + 1 AS a, b AS c)', '(star - [] a:(+ a 1) c:b)'],
    ['* EXCEPT(x) REPLACE(a AS b)', '(star - [x] b:a)'],
    ['* REPLACE(a AS b) EXCEPT(x)', '(star - [x] b:a)'],
  ]);
});

test('parentheses are remembered, and no more', () => {
  const e = parseExpression('(a)');
  expect(e).toMatchObject({ kind: 'column', name: 'a', parens: true, span: { start: 0, end: 3 } });
});

test('spans cover the text of each node', () => {
  const sql = 'a.b + f( c ) * 2';
  const e = parseExpression(sql);
  const at = (span: { start: number; end: number }) => sql.slice(span.start, span.end);
  if (e.kind !== 'binary' || e.right.kind !== 'binary') throw new Error(e.kind);
  expect([at(e.span), at(e.left.span), at(e.right.span), at(e.right.left.span), at(e.right.right.span)]).toEqual([
    sql,
    'a.b',
    'f( c ) * 2',
    'f( c )',
    '2',
  ]);
});
