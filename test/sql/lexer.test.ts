import { describe, expect, test } from 'vitest';
import { tokenize } from '../../src/sql/lexer.ts';

const read = (sql: string) =>
  tokenize(sql)
    .slice(0, -1)
    .map((t) => (t.type === t.text ? t.type : `${t.type}:${t.text}`));

describe('tokens', () => {
  const golden: readonly (readonly [sql: string, tokens: readonly string[]])[] = [
    ['SELECT a', ['SELECT', 'name:a']],
    ['select A as b', ['SELECT', 'name:A', 'AS', 'name:b']],
    ['a_1 b9', ['name:a_1', 'name:b9']],
    ['`select` `a-b` ``', ['name:select', 'name:a-b', 'name:']],
    ['1 12.5 .5 2. 007', ['int:1', 'float:12.5', 'float:.5', 'float:2.', 'int:007']],
    ['1.2.3', ['float:1.2.3']],
    ['1e5 0x1F', ['int:1', 'name:e5', 'int:0', 'name:x1F']],
    ['a-5', ['name:a', '-', 'int:5']],
    ['-.5 - .5', ['float:-.5', 'float:-.5']],
    ['a->b a - > b', ['name:a', '->', 'name:b', 'name:a', '->', 'name:b']],
    ['= != <  <= > >= ! = < =', ['=', '!=', '<', '<=', '>', '>=', '!=', '<=']],
    ['<> a ==', ['<', '>', 'name:a', '=', '=']],
    ['+*/%&|^,()[].:#;', ['+', '*', '/', '%', '&', '|', '^', ',', '(', ')', '[', ']', '.', ':', '#', ';']],
    ['a -- rest -- of\nb', ['name:a', 'name:b']],
    ['a /* x ** / */ b /**/ c', ['name:a', 'name:b', 'name:c']],
    ['a --', ['name:a']],
    ['null IS distinct', ['name:null', 'name:IS', 'name:distinct']],
    ['a\t\r\n b', ['name:a', 'name:b']],
    ['"x" \'y\'', ['string:x', 'single:y']],
  ];
  test.each(golden)('%s', (sql, tokens) => {
    expect(read(sql)).toEqual(tokens);
  });

  test('all reserved words, any case', () => {
    const words =
      'SELECT AS FROM WHERE AND OR GROUP HAVING ORDER BY DESC ASC FILTER INNER LEFT RIGHT FULL CROSS JOIN ON CASE WHEN THEN DEFAULT ELSE END IN NOT BETWEEN LIKE OVER PARTITION REPLACE EXCEPT INVISIBLE TRUE FALSE DD HH MI SS MS LIMIT';
    expect(read(words.toLowerCase())).toEqual(words.split(' '));
  });

  test('spans are the text of the token', () => {
    const sql = 'SELECT `a b` , "x\\"y" != 1.5 -- c';
    expect(
      tokenize(sql)
        .slice(0, -1)
        .map((t) => sql.slice(t.span.start, t.span.end)),
    ).toEqual(['SELECT', '`a b`', ',', '"x\\"y"', '!=', '1.5']);
  });
});

describe('strings', () => {
  const golden: readonly (readonly [sql: string, value: string])[] = [
    ['"a\\"b"', 'a"b'],
    ['"a\'b"', "a'b"],
    ["'a\"b'", 'a"b'],
    ["'a\\'b'", "a'b"],
    ["'a\\\"b'", 'a"b'],
    ['"\\n\\t\\r\\\\\\a\\b\\f\\v"', '\n\t\r\\\x07\b\f\v'],
    ['"\\u4e2d\\U0001F642"', '中🙂'],
    ['"\\x41\\101"', 'AA'],
    ['"\\xe4\\xb8\\xad"', '中'],
    ['"中文🙂"', '中文🙂'],
    ['""', ''],
    ["'it\\'s \\'ok\\''", "it's 'ok'"],
  ];
  test.each(golden)('%s', (sql, value) => {
    const [token, end] = tokenize(sql);
    expect([token!.text, end!.type]).toEqual([value, 'end']);
  });
});

describe('what cannot be read becomes a bad token with a hint', () => {
  const golden: readonly (readonly [sql: string, text: string, hint: RegExp])[] = [
    ['"abc', '"abc', /closing " of this string is missing/],
    ["'abc", "'abc", /closing ' of this string is missing/],
    ['"a\\', '"a\\', /closing "/],
    ['`abc', '`abc', /closing ` of this name/],
    ['/* abc', '', /closing \*\//],
    ['"\\q"', 'invalid string: "\\q"', /\\q is not an escape/],
    ['"\\\'"', 'invalid string: "\\\'"', /not an escape/],
    ['"\\u12"', 'invalid string: "\\u12"', /4 hexadecimal digits/],
    ['"\\ud800"', 'invalid string: "\\ud800"', /4 hexadecimal digits of a character/],
    ['"a\nb"', 'invalid string: "a\nb"', /line break/],
    ['!', '!', /!=/],
    ['- -', '-', /begins a comment/],
    ['~', '~', /no meaning/],
    ['_a', '_', /back quotes/],
    ['é', 'é', /back quotes/],
    ['🙂', '🙂', /no meaning/],
    ['\u00a0', '\u00a0', /special blank/],
    ['\0', '\0', /no meaning/],
  ];
  test.each(golden)('%j', (sql, text, hint) => {
    const token = tokenize(sql)[0]!;
    expect([token.type, token.text]).toEqual(['bad', text]);
    expect(token.hint).toMatch(hint);
  });
});
