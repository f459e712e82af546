// The grammar of standard SQL beside eKuiper's: what is read, how it is written back, and that eKuiper's refuses it as recorded.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { parseExpression, parseSelect, parseStatement, printExpr, printStatement } from '../../src/sql/index.ts';
import { failureOf } from './helpers/failure.ts';
import { shape } from './helpers/shape.ts';
import { withoutSpans } from './helpers/without-spans.ts';

const shapeOf = (text: string) => shape(parseExpression(text, 'standard'));

describe('expressions of standard SQL are read as', () => {
  test.each([
    ['a IS NULL', '(is a NULL)', 'a IS NULL'],
    ['a is not null', '(is-not a NULL)', 'a IS NOT NULL'],
    ['a + 1 IS NULL AND b IS NOT TRUE', '(AND (is (+ a 1) NULL) (is-not b TRUE))', 'a + 1 IS NULL AND b IS NOT TRUE'],
    ['NOT a = 1 AND NOT b', '(AND (not (= a 1)) (not b))', 'NOT a = 1 AND NOT b'],
    ['NOT a IN (1, 2)', '(not (in a [1 2]))', 'NOT a IN (1, 2)'],
    ['NOT (a OR b)', '(not (OR a b))', 'NOT (a OR b)'],
    ['a <> 1', '(!= a 1)', 'a != 1'],
    ['a == 1', '(= a 1)', 'a = 1'],
    ['a || b || "x" = c', '(= (|| (|| a b) "x") c)', 'a || b || "x" = c'],
    ['"a" || 1 + 2', '(|| "a" (+ 1 2))', '"a" || 1 + 2'],
    ['a LIKE b || "%"', '(like a (|| b "%"))', 'a LIKE b || "%"'],
    ['a << 2', '(<< a 2)', 'a << 2'],
    ['a >> 2 & 255', '(>> a (& 2 255))', 'a >> 2 & 255'],
    ['-a', '(neg a)', '-a'],
    ['-(a + b) * 2', '(* (neg (+ a b)) 2)', '-(a + b) * 2'],
    ['a - -b', '(- a (neg b))', 'a - (-b)'],
    ['- -a', '(neg (neg a))', '-(-a)'],
    ['-5', '-5', '-5'],
    ['a -5', '(- a 5)', 'a - 5'],
    ['a - .5', '(- a 0.5f)', 'a - 0.5'],
    ['a -.5', '(- a 0.5f)', 'a - 0.5'],
    ['-.5', '-0.5f', '-0.5'],
    ['-o->v', '(neg (-> o v))', '-(o->v)'],
    ['1e3', '1000f', '1000.0'],
    ['2.5E-3', '0.0025f', '0.0025'],
    ['.5e+1', '5f', '5.0'],
    ['0xFF', '255', '255'],
    ["'it''s'", '"it\'s"', '"it\'s"'],
    ['"say ""hi"""', '"say \\"hi\\""', '"say \\"hi\\""'],
    ['2 * o->v', '(* 2 (-> o v))', '2 * (o->v)'],
    ['a * b[0]', '(* a ([] b 0))', 'a * (b[0])'],
    ['(a * b)->c', '(-> (* a b) c)', '(a * b)->c'],
    ['o->on', '(-> o on)', 'o->`on`'],
    ['o->End->order', '(-> (-> o End) order)', 'o->`End`->`order`'],
    ['o.end', 'o/end', 'o.`end`'],
    ["o->'switch:0'", '(-> o switch:0)', 'o->`switch:0`'],
    ['[1, a, "x"]', '[1 a "x"]', '[1, a, "x"]'],
    ['[]', '[]', '[]'],
    ['a[1 + b]', '([] a (+ 1 b))', 'a[(1 + b)]'],
    ['a[1]', '([] a 1)', 'a[1]'],
    ['a[1:b]', '([:] a 1 b)', 'a[1:b]'],
    ['CAST(a AS DOUBLE)', '(CAST a "float")', 'CAST(a, "float")'],
    ['a::int + 1', '(+ (cast a "bigint") 1)', 'cast(a, "bigint") + 1'],
    ['o->v::varchar(20)', undefined, undefined],
    ['a BETWEEN b + 1 AND c', '(between a (+ b 1) c)', 'a BETWEEN (b + 1) AND c'],
    [
      'CASE WHEN a THEN 1 WHEN isnull(b) THEN 2 WHEN (c > 1) THEN 3 END',
      '(case - a=>1 (isnull b)=>2 (> c 1)=>3)',
      'CASE WHEN a THEN 1 WHEN isnull(b) THEN 2 WHEN c > 1 THEN 3 END',
    ],
    ['größe + _x1', '(+ größe _x1)', '`größe` + `_x1`'],
    ['filter + replace', '(+ filter replace)', '`filter` + `replace`'],
  ])('%s', (text, tree, printed) => {
    if (tree === undefined) {
      expect(failureOf(() => parseExpression(text, 'standard')).code).toBe('SQL_SYNTAX');
      return;
    }
    expect(shapeOf(text)).toBe(tree);
    expect(printExpr(parseExpression(text, 'standard'))).toBe(printed);
    expect(shapeOf(printed!)).toBe(tree);
  });
});

describe('statements of standard SQL are written back as', () => {
  test.each([
    ['SELECT a AS "x y", b AS \'z\', c AS end FROM demo', 'SELECT a AS `x y`, b AS z, c AS `end` FROM demo'],
    ['SELECT a FROM demo d LEFT OUTER JOIN other o ON d.i = o.i', 'SELECT a FROM demo AS d LEFT JOIN other AS o ON d.i = o.i'],
    ['SELECT a FROM demo JOIN other ON demo.i = other.i', 'SELECT a FROM demo INNER JOIN other ON demo.i = other.i'],
    [
      'SELECT a FROM demo GROUP BY COUNTWINDOW(2) ORDER BY -a DESC, 1 + b',
      'SELECT a FROM demo GROUP BY COUNTWINDOW(2) ORDER BY -a DESC, 1 + b',
    ],
  ])('%s', (text, printed) => {
    const tree = parseStatement(text, 'standard');
    expect(printStatement(tree)).toBe(printed);
    expect(withoutSpans(parseStatement(printed, 'standard'))).toEqual(withoutSpans(tree));
  });
});

describe('a text that only standard SQL has is refused as recorded, and the hint names standard', () => {
  test.each([
    ['SELECT a IS NULL FROM d', 'found "IS", expected FROM.', 'IS'],
    ['SELECT a FROM d WHERE NOT a', 'found "NOT", expected expression.', 'NOT'],
    ['SELECT a FROM d WHERE a <> 1', 'found ">", expected expression.', '>'],
    ['SELECT a || b FROM d', 'found "|", expected expression.', '| b'],
    ['SELECT 1e3 FROM d', 'found "e3", expected FROM.', 'e3'],
    ["SELECT a AS 'b' FROM d", 'found "b", expected as alias.', "'b'"],
    ['SELECT CASE WHEN a THEN 1 END FROM d', 'invalid CASE expression, WHEN expression must be a bool condition', 'a THEN'],
  ])('%s', (sql, text, at) => {
    const failure = failureOf(() => parseSelect(sql, 'ekuiper'));
    expect(failure.text).toBe(text);
    expect(failure.column).toBe(sql.lastIndexOf(at) + 1);
    expect(failure.hint).toMatch(/standard SQL has this: set the option sqlCompatibility of the rule to "standard"$/);
    expect(() => parseSelect(sql, 'standard')).not.toThrow();
  });

  it('keeps its own hint when standard SQL cannot read it either', () => {
    expect(failureOf(() => parseSelect('SELECT a FORM d', 'ekuiper')).hint).toBe('did you mean FROM?');
  });
});

/** Random expressions of the extended grammar. */
const { e } = fc.letrec<{ e: string }>((tie) => {
  const x = tie('e');
  return {
    e: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(
        'a',
        'b',
        'o',
        'interval',
        'if',
        'union',
        'mode',
        'with',
        'qualify',
        'distinct',
        'filter',
        'null',
        '`is`',
        '1',
        '2.5',
        '1e3',
        '0x1F',
        '"x"',
        "'it''s'",
        'TRUE',
        '-3',
      ),
      fc.tuple(x, fc.constantFrom('+', '-', '*', '/', '||', '<<', '>>', '=', '<>', '<', '>=', 'AND', 'OR', '&'), x).map((t) => t.join(' ')),
      x.map((t) => `(${t})`),
      x.map((t) => `- ${t}`),
      x.map((t) => `NOT ${t}`),
      fc.tuple(x, fc.constantFrom('IS NULL', 'IS NOT NULL', 'is true', 'IS NOT FALSE')).map((t) => t.join(' ')),
      fc.tuple(x, fc.constantFrom('on', 'end', 'order', 'v', "'k 1'")).map((t) => t.join('->')),
      fc.tuple(x, x).map(([l, r]) => `${l}[${r}]`),
      fc.array(x, { maxLength: 3 }).map((l) => `[${l.join(', ')}]`),
      fc.tuple(x, fc.constantFrom('bigint', 'VARCHAR', 'double')).map(([l, t]) => `CAST(${l} AS ${t})`),
      fc.tuple(x, x, x).map(([v, l, h]) => `(${v}) BETWEEN ${l} + 1 AND (${h})`),
      fc.tuple(x, x).map(([c, r]) => `CASE WHEN ${c} THEN ${r} END`),
    ),
  };
});

it('an expression of standard SQL that is written back reads as the same expression', () => {
  let read = 0;
  fc.assert(
    fc.property(e, (text) => {
      let tree: ReturnType<typeof parseExpression>;
      try {
        tree = parseExpression(text, 'standard');
      } catch (error) {
        // e.g. a predicate as the lower end of BETWEEN
        expect(
          failureOf(() => {
            throw error;
          }).code,
        ).toMatch(/^SQL_/);
        return;
      }
      read++;
      expect(withoutSpans(parseExpression(printExpr(tree), 'standard'))).toEqual(withoutSpans(tree));
    }),
    { numRuns: 1500 },
  );
  expect(read).toBeGreaterThan(1000);
});

it('an expression that eKuiper can read, written back, reads as the same expression in both dialects', () => {
  fc.assert(
    fc.property(e, (text) => {
      let tree: ReturnType<typeof parseExpression>;
      try {
        tree = parseExpression(text, 'ekuiper');
      } catch {
        return;
      }
      const printed = printExpr(tree);
      expect(withoutSpans(parseExpression(printed, 'ekuiper'))).toEqual(withoutSpans(tree));
      expect(withoutSpans(parseExpression(printed, 'standard'))).toEqual(withoutSpans(tree));
    }),
    { numRuns: 1500 },
  );
});

it.each(['interval', 'if', 'union', 'mode', 'with', 'qualify', 'distinct', 'null', 'is', 'asof', 'unnest', 'outer', 'x'])(
  'a column, an alias and a stream named %s need no quotes',
  (word) => {
    for (const dialect of ['standard', 'ekuiper'] as const) {
      const tree = parseSelect(
        `SELECT ${word}, ${word} + 1 AS ${word}, s.${word}, o->${word} FROM ${word} AS ${word} WHERE ${word} > 1 GROUP BY ${word}, COUNTWINDOW(2) HAVING ${word} > 1 ORDER BY ${word}`,
        dialect,
      );
      expect(tree.fields.map((f) => [f.name, f.alias])).toEqual([
        [word, undefined],
        ['kuiper_field_0', word].with(0, '') as [string, string],
        [word, undefined],
        ['kuiper_field_0', undefined],
      ]);
      expect(tree.from).toMatchObject({ name: word, alias: word });
    }
  },
);
