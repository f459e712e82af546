// Statements that eKuiper refuses: its text, the place of the caret, and our hint.
import { describe, expect, test } from 'vitest';
import { parseSelect, parseStatement } from '../../src/sql/index.ts';
import { failureOf } from './helpers/failure.ts';

/** `at` is text of the statement where the caret stands (its last occurrence); '' = the end. */
type Row = readonly [sql: string, text: string, at: string, hint?: RegExp, code?: string];

function table(rows: readonly Row[]): void {
  for (const row of rows) test(row[0], () => refuses(row));
}

function refuses([sql, text, at, hint, code]: Row): void {
  const failure = failureOf(() => parseSelect(sql));
  expect(failure.text).toBe(text);
  expect(failure.column).toBe((at === '' ? sql.length : sql.lastIndexOf(at)) + 1);
  expect(failure.line).toBe(1);
  if (hint) expect(failure.hint).toMatch(hint);
  if (code) expect(failure.code).toBe(code);
}

describe('select list', () => {
  table([
    ['SELECT', 'found "EOF", expected expression.', '', /ends too early/, 'SQL_SYNTAX'],
    ['SELECT FROM d', 'found "FROM", expected expression.', 'FROM'],
    ['SELECT a, FROM d', 'found "FROM", expected expression.', 'FROM'],
    ['SELECT a b FROM d', 'found "b", expected FROM.', 'b FROM'],
    ['SELECT a FORM d', 'found "FORM", expected FROM.', 'FORM', /did you mean FROM\?/],
    ['SELECT ALL a FROM d', 'found "a", expected FROM.', 'a FROM'],
    ['SELECT a) FROM d', 'found ")", expected FROM.', ')'],
    ['SELECT (a FROM d', 'found "FROM", expected right paren.', 'FROM'],
    ['SELECT () FROM d', 'found ")", expected expression.', ')'],
    ["SELECT a AS 'b' FROM d", 'found "b", expected as alias.', "'b'"],
    ['SELECT a AS order FROM d', 'found "ORDER", expected as alias.', 'order', /reserved word.*`order`/],
    ['SELECT * AS b FROM d', 'alias is not supported for *', 'AS b'],
    ['SELECT .a FROM d', 'found ".", expected expression.', '.a'],
    ['SELECT a->select FROM d', 'found "SELECT", expected expression.', 'select'],
    ['SELECT a.order FROM d', 'found "ORDER", expected FROM.', 'order'],
    ['SELECT * EXCEPT a FROM d', 'Found "a" after EXCEPT, expect left parentheses.', 'a FROM'],
    ['SELECT * EXCEPT(1) FROM d', 'Found "1" in EXCEPT', '1'],
    ['SELECT * REPLACE a FROM d', 'Found "a" after REPLACE, expect left parentheses.', 'a FROM'],
    ['SELECT * REPLACE() FROM d', 'found ")", expected expression.', ')'],
    ['SELECT a.* EXCEPT(b) FROM d', 'found "EXCEPT", expected FROM.', 'EXCEPT'],
    ['SELECT meta(* EXCEPT(a)) FROM d', '"EXCEPT" is not supported in meta function', 'EXCEPT'],
    ['SELECT [1, 2] FROM d', 'found "[", expected expression.', '[', /array_create/],
    ['SELECT IN (1) FROM d', 'found "IN", expected expression.', 'IN'],
    ['SELECT a[1 2] FROM d', 'Unexpected token "1". when parsing bracket expressions.', '2'],
    ['SELECT a[1 + b] FROM d', 'Unexpected token "1". when parsing bracket expressions.', '+', /parentheses/],
    ['SELECT a[b:1 + c] FROM d', 'Found "+", expected right bracket.', '+', /parentheses/],
    ['SELECT a[-1.5] FROM d', 'The start index -1.5 is invalid in bracket expression.', '-'],
    [
      'SELECT a[99999999999999999999] FROM d',
      'The start index 99999999999999999999 is not an int value in bracket expression.',
      '99999999999999999999',
    ],
    ['SELECT a[0:-1.5] FROM d', 'The end index -1.5 is invalid in bracket expression.', '-'],
    ['SELECT a[1:2 FROM d', 'Found "FROM", expected right bracket.', 'FROM'],
  ]);
});

describe('literals and characters', () => {
  table([
    ['SELECT 1e5 FROM d', 'found "e5", expected FROM.', 'e5', /no exponent/],
    ['SELECT 0x1F FROM d', 'found "x1F", expected FROM.', 'x1F', /hex2dec/],
    ['SELECT 1.2.3 FROM d', 'found "1.2.3", invalid number value.', '1.2.3', undefined, 'SQL_BAD_LITERAL'],
    [`SELECT ${'9'.repeat(400)}.5 FROM d`, `found "${'9'.repeat(400)}.5", invalid number value.`, `${'9'.repeat(400)}.5`],
    ['SELECT -a FROM d', 'found "-", expected expression.', '-', /0 - x/],
    ['SELECT a - -b FROM d', 'found "-", expected FROM.', '- -', /comment/],
    ['SELECT a - .5 FROM d', 'found "-.5", expected FROM.', '- .5'],
    ['SELECT "\\q" FROM d', 'found "invalid string: \\"\\\\q\\"", expected expression.', '"\\q"', /not an escape/, 'SQL_BAD_LITERAL'],
    ['SELECT "a FROM d', 'found "\\"a FROM d", expected expression.', '"', /closing " /, 'SQL_BAD_LITERAL'],
    ['SELECT `a FROM d', 'found "`a FROM d", expected expression.', '`', /closing ` /],
    ['SELECT a /* open FROM d', 'found "", expected FROM.', '/*', /closing \*\//],
    ['SELECT @a FROM d', 'found "@", expected expression.', '@'],
    ['SELECT a\u00a0FROM d', 'found "\u00a0", expected FROM.', '\u00a0', /special blank/],
    ['SELECT été FROM d', 'found "é", expected expression.', 'été', /back quotes/],
    ['SELECT a FROM d WHERE a ! 1', 'found "!", expected EOF.', '!', /write !=/],
  ]);
});

describe('operators that do not exist', () => {
  table([
    ['SELECT a FROM d WHERE a == 1', 'found "=", expected expression.', '= 1', /once/],
    ['SELECT a FROM d WHERE a <> 1', 'found ">", expected expression.', '>', /!=/],
    ['SELECT a FROM d WHERE a => 1', 'found ">", expected expression.', '>', />=/],
    ['SELECT a FROM d WHERE NOT a', 'found "NOT", expected expression.', 'NOT', /NOT IN/],
    ['SELECT a FROM d WHERE a NOT b', 'found "b", expected expression.', 'b'],
    ['SELECT a FROM d WHERE a IS NULL', 'found "IS", expected EOF.', 'IS', /isnull/],
    ['SELECT a FROM d WHERE a || b', 'found "|", expected expression.', '| b', /concat/],
    ['SELECT a << 1 FROM d', 'found "<", expected expression.', '< 1', /shift/],
    ['SELECT a + + b FROM d', 'found "+", expected expression.', '+ b'],
    ['SELECT a::bigint FROM d', 'found ":", expected FROM.', '::', /cast/],
    ['SELECT cast(a AS bigint) FROM d', 'found function call "cast", expected ), but with "AS".', 'AS', /cast\(x, "bigint"\)/],
    ['SELECT count(DISTINCT a) FROM d', 'found function call "count", expected ), but with "a".', 'a)', /deduplicate/],
    ['SELECT sum(a) FILTER(WHERE b) FROM d', 'found "FILTER", expected FROM.', 'FILTER', /belongs to the window/],
    ['SELECT a ? b : c FROM d', 'found "?", expected FROM.', '?'],
  ]);
});

describe('predicates', () => {
  table([
    ['SELECT a FROM d WHERE a BETWEEN 1', 'expect AND expression after between but found EOF', ''],
    ['SELECT a FROM d WHERE a BETWEEN 1 OR 2', 'expect AND expression after between but found OR', 'OR'],
    ['SELECT a FROM d WHERE a BETWEEN b - 1 AND 2', 'expect AND expression after between but found -', '-', /parentheses/],
    ['SELECT a FROM d WHERE a IN ()', 'found ")", expected expression.', ')'],
    ['SELECT a FROM d WHERE a IN (1', 'expect ) for IN expression, but got "EOF"', ''],
    ['SELECT a FROM d WHERE a IN (1) + 2', 'found "+", expected a comparison or the end after the list of IN', '+', /parentheses/],
  ]);
});

describe('CASE', () => {
  const mustBeBool = 'invalid CASE expression, WHEN expression must be a bool condition';
  table([
    ['SELECT CASE WHEN a THEN 1 END FROM d', mustBeBool, 'a THEN', /x = true/, 'SQL_CASE'],
    ['SELECT CASE WHEN isnull(a) THEN 1 END FROM d', mustBeBool, 'isnull'],
    ['SELECT CASE WHEN (a = 1) THEN 1 END FROM d', mustBeBool, '(a', /parentheses/],
    ['SELECT CASE WHEN a + 1 THEN 1 END FROM d', mustBeBool, 'a + 1'],
    ['SELECT CASE END FROM d', 'found "END", expected expression.', 'END'],
    ['SELECT CASE a END FROM d', 'invalid CASE expression, WHEN expected before END', 'END'],
    ['SELECT CASE a ELSE 1 END FROM d', 'invalid CASE expression, WHEN expected before ELSE', 'ELSE'],
    ['SELECT CASE a WHEN 1 2 END FROM d', 'invalid CASE expression, THEN expected after WHEN', '2'],
    ['SELECT CASE a WHEN 1 THEN 2 FROM d', 'invalid CASE expression, END expected', 'FROM'],
  ]);
});

describe('OVER', () => {
  table([
    ['SELECT lag(a) OVER () FROM d', 'Found ")" after OVER (, expect partition by or when.', ') FROM', undefined, 'SQL_OVER'],
    ['SELECT lag(a) OVER b FROM d', 'Found "b" after OVER, expect parentheses.', 'b'],
    [
      'SELECT lag(a) OVER (WHEN b PARTITION BY c) FROM d',
      'Found "PARTITION", expect right parentheses after OVER ',
      'PARTITION',
      /before WHEN/,
    ],
    ['SELECT lag(a) OVER (PARTITION c) FROM d', 'found "c", expected by after partition.', 'c)'],
    [
      'SELECT a FROM d GROUP BY SLIDINGWINDOW(ss, 1) OVER(PARTITION BY a WHEN b)',
      'Found "WHEN" after OVER, expect right parentheses.',
      'WHEN',
      /before PARTITION/,
    ],
    ['SELECT a FROM d GROUP BY SLIDINGWINDOW(ss, 1) OVER a', 'Found "a" after OVER, expect parentheses.', 'a'],
  ]);
});

describe('windows', () => {
  table([
    [
      'SELECT a FROM d GROUP BY TUMBLINGWINDOW()',
      'The arguments for tumblingwindow should be 2.',
      'TUMBLINGWINDOW',
      /TUMBLINGWINDOW\(ss, 10\)/,
      'SQL_WINDOW',
    ],
    ['SELECT a FROM d GROUP BY TUMBLINGWINDOW(ss, 1, 2)', 'The arguments for tumblingwindow should be 2.', 'TUMBLINGWINDOW'],
    ['SELECT a FROM d GROUP BY HOPPINGWINDOW(ss, 1)', 'The arguments for hoppingwindow should be 3.', 'HOPPINGWINDOW'],
    ['SELECT a FROM d GROUP BY SESSIONWINDOW(ss, 1)', 'The arguments for sessionwindow should be 3.', 'SESSIONWINDOW'],
    ['SELECT a FROM d GROUP BY SLIDINGWINDOW(ss)', 'The arguments for slidingwindow should be 2 or 3.', 'SLIDINGWINDOW'],
    ['SELECT a FROM d GROUP BY STATEWINDOW()', 'The arguments for statewindow should be 1 or 2.', 'STATEWINDOW'],
    [
      'SELECT a FROM d GROUP BY TUMBLINGWINDOW(10, 10)',
      'The 1st argument for tumblingwindow is expecting timer literal expression. One value of [dd|hh|mi|ss|ms].',
      '10, 10',
    ],
    ['SELECT a FROM d GROUP BY TUMBLINGWINDOW(ss, a)', 'The 1 argument for tumblingwindow is expecting interger literal expression.', 'a)'],
    [
      'SELECT a FROM d GROUP BY TUMBLINGWINDOW(ss, 1.5)',
      'The 1 argument for tumblingwindow is expecting interger literal expression.',
      '1.5',
    ],
    [
      'SELECT a FROM d GROUP BY TUMBLINGWINDOW(ss, (1))',
      'The 1 argument for tumblingwindow is expecting interger literal expression.',
      '(1)',
    ],
    ['SELECT a FROM d GROUP BY COUNTWINDOW()', 'Invalid parameter count.', 'COUNTWINDOW'],
    ['SELECT a FROM d GROUP BY COUNTWINDOW(0)', 'Invalid parameter value 0.', '0'],
    ['SELECT a FROM d GROUP BY COUNTWINDOW(-1)', 'Invalid parameter value -1.', '-1'],
    ['SELECT a FROM d GROUP BY COUNTWINDOW(0, 0)', 'Invalid parameter value 0.', '0, 0'],
    ['SELECT a FROM d GROUP BY COUNTWINDOW("2")', 'Invalid parameter value 2.', 'COUNTWINDOW'],
    ['SELECT a FROM d GROUP BY COUNTWINDOW(ss, 1)', 'Invalid parameter value SS, 1.', 'COUNTWINDOW'],
    ['SELECT a FROM d GROUP BY COUNTWINDOW(2, 5)', 'The second parameter value 5 should be less than the first parameter 2.', '5'],
    ['SELECT a FROM d GROUP BY TUMBLINGWINDOW(ss, 1) FILTER(a)', 'Found "a" after FILTER(, expect WHERE.', 'a)'],
    ['SELECT a FROM d GROUP BY TUMBLINGWINDOW(ss, 1) FILTER a', 'Found "a" after FILTER, expect parentheses.', 'a'],
    ['SELECT a FROM d GROUP BY TUMBLINGWINDOW(ss, 1) FILTER(WHERE a', 'Found "EOF" after FILTER, expect right parentheses.', ''],
    ['SELECT a FROM d GROUP BY SLIDINGWINDOW(ss, 1) OVER(WHEN a) FILTER(WHERE b)', 'found "FILTER", expected EOF.', 'FILTER'],
  ]);
});

describe('sources, joins and clauses', () => {
  table([
    ['SELECT a FROM', 'found "EOF", expected the name of a stream or table.', ''],
    ['SELECT a FROM (SELECT b FROM d)', 'found "(", expected EOF.', '(', /sub-queries/],
    ['SELECT a FROM d, e', 'found ",", expected EOF.', ',', /INNER JOIN/],
    ['SELECT a FROM demo d', 'found "d", expected EOF.', 'd', /AS d/],
    ['SELECT a FROM demo AS 1', 'found "1", expected as alias.', '1'],
    ['SELECT a FROM d JOIN e ON a = b', 'found "JOIN", expected EOF.', 'JOIN', /INNER JOIN/],
    ['SELECT a FROM d LEFT OUTER JOIN e', 'found "OUTER", expected JOIN key word.', 'OUTER', /without OUTER/],
    ['SELECT a FROM d INNER JOIN ON a = 1', 'found "ON", expected the name of a stream or table.', 'ON'],
    ['SELECT a FROM d CROSS JOIN e ON a = b', 'On expression is not required for cross join type.', 'ON', /INNER JOIN/],
    ['SELECT a FROM d WHERE AND a = 1', 'found "AND", expected expression.', 'AND'],
    ['SELECT a FROM d WHERE a WHERE b', 'found "WHERE", expected EOF.', 'WHERE'],
    ['SELECT a FROM d WERE a', 'found "WERE", expected EOF.', 'WERE', /did you mean WHERE\?/],
    ['SELECT a FROM d GROUP a', 'found "a", expected BY statement.', 'a'],
    ['SELECT a FROM d GROUP BY', 'found "EOF", expected expression.', ''],
    ['SELECT a FROM d ORDER a', 'found "a", expected BY keyword.', 'a'],
    ['SELECT a FROM d ORDER BY 1', 'found "1", expected EOF.', '1'],
    ['SELECT a FROM d ORDER BY a GROUP BY b', 'found "GROUP", expected EOF.', 'GROUP'],
    ['SELECT a FROM d LIMIT', 'found "EOF", expected expression.', ''],
    ['SELECT a FROM d LIMIT a', 'limit should be integer', 'a', undefined, 'SQL_LIMIT'],
    ['SELECT a FROM d LIMIT (1)', 'limit should be integer', '(1)'],
    ['SELECT a FROM d LIMIT 1, 2', 'found ",", expected EOF.', ','],
    ['SELECT a FROM d UNION SELECT b FROM e', 'found "UNION", expected EOF.', 'UNION'],
  ]);
});

describe('not a SELECT', () => {
  table([
    ['DELETE FROM d', 'SQL DELETE FROM d is not a select statement.', 'DELETE', undefined, 'SQL_NOT_SELECT'],
    ['', 'SQL  is not a select statement.', ''],
    [';', 'SQL ; is not a select statement.', ';'],
    ['SELCT a FROM d', 'SQL SELCT a FROM d is not a select statement.', 'SELCT', /did you mean SELECT/],
    ['CREATE STREAM d () WITH ()', 'SQL CREATE STREAM d () WITH () is not a select statement.', 'CREATE'],
  ]);
});

describe('limits', () => {
  test('nesting is bounded', () => {
    for (const [open, close] of [
      ['(', ')'],
      ['f(', ')'],
      ['CASE WHEN TRUE THEN ', ' END'],
      ['a[', ']'],
      ['a IN (', ')'],
    ] as const) {
      const deep = (n: number) => `SELECT ${open.repeat(n)}1${close.repeat(n)} FROM d`;
      expect(() => parseSelect(deep(50))).not.toThrow();
      expect(failureOf(() => parseSelect(deep(2_500)))).toMatchObject({
        code: 'SQL_TOO_COMPLEX',
        text: 'the statement is nested more than 200 levels deep',
      });
    }
    const type = (n: number) => `CREATE STREAM d (a ${'ARRAY('.repeat(n)}BIGINT${')'.repeat(n)}) WITH ()`;
    expect(() => parseStatement(type(150))).not.toThrow();
    expect(failureOf(() => parseStatement(type(8_000)))).toMatchObject({ code: 'SQL_TOO_COMPLEX' });
  });

  test('long chains are bounded, so that nothing that descends the tree runs out of stack', () => {
    const chain = (n: number) => `SELECT ${Array(n).fill('a').join(' + ')} FROM d`;
    expect(() => parseSelect(chain(900))).not.toThrow();
    expect(failureOf(() => parseSelect(chain(15_000)))).toMatchObject({
      code: 'SQL_TOO_COMPLEX',
      hint: 'for a long chain of = and OR use IN (...)',
    });
    expect(failureOf(() => parseSelect(`SELECT a${'->b'.repeat(15_000)} FROM d`))).toMatchObject({ code: 'SQL_TOO_COMPLEX' });
    expect(() => parseSelect(`SELECT a FROM d WHERE a IN (${Array(20_000).fill('1').join(',')})`)).not.toThrow();
  });

  test('length is bounded', () => {
    expect(failureOf(() => parseSelect(`SELECT ${'a,'.repeat(150_000)} a FROM d`))).toMatchObject({
      code: 'SQL_TOO_COMPLEX',
      text: 'the statement has more than 300000 words and signs',
    });
    expect(failureOf(() => parseSelect(`SELECT a FROM d ${' '.repeat(4 * 1024 * 1024)}`))).toMatchObject({
      code: 'SQL_TOO_COMPLEX',
      text: 'the statement has 4194320 characters, more than 4194304',
    });
    // SELECT, FROM, d, and a name and a comma for all but one
    expect(parseSelect(`SELECT ${'a,'.repeat(149_998)} a FROM d`).fields.length).toBe(149_999);
    expect(failureOf(() => parseSelect(`SELECT ${'a,'.repeat(149_998)} a, a FROM d`)).code).toBe('SQL_TOO_COMPLEX');
  });
});
