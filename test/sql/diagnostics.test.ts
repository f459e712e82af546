import { describe, expect, test } from 'vitest';
import { catalogue } from '../../src/base/errors/catalogue/index.ts';
import { parseSelect, parseStatement, positionOf, renderDiagnostic } from '../../src/sql/index.ts';
import { failureOf } from './helpers/failure.ts';

describe('renderDiagnostic', () => {
  test('message, place, line, carets, hint', () => {
    expect(renderDiagnostic('SELECT a FORM d', { start: 9, end: 13 }, 'found "FORM", expected FROM.', 'did you mean FROM?')).toBe(
      ['found "FORM", expected FROM.', 'at line 1, column 10:', '  SELECT a FORM d', '           ^^^^', 'hint: did you mean FROM?'].join(
        '\n',
      ),
    );
  });

  test('second line, tabs kept, Windows line ends cut', () => {
    expect(renderDiagnostic('SELECT a\r\n\tFORM d\r\nWHERE b', { start: 11, end: 15 }, 'm')).toBe(
      ['m', 'at line 2, column 2:', '  \tFORM d', '  \t^^^^'].join('\n'),
    );
  });

  test('the end of the text', () => {
    expect(renderDiagnostic('SELECT', { start: 6, end: 6 }, 'm')).toBe(['m', 'at line 1, column 7:', '  SELECT', '        ^'].join('\n'));
    expect(renderDiagnostic('', { start: 0, end: 0 }, 'm')).toBe(['m', 'at line 1, column 1:', '  ', '  ^'].join('\n'));
  });

  test('a span over several lines is underlined on its first line only', () => {
    expect(renderDiagnostic('f(a,\n b)', { start: 0, end: 8 }, 'm')).toBe(['m', 'at line 1, column 1:', '  f(a,', '  ^^^^'].join('\n'));
  });

  test('characters beyond the basic plane count as one', () => {
    const sql = '"🙂🙂" FORM';
    expect(positionOf(sql, sql.indexOf('FORM'))).toEqual({ line: 1, column: 6 });
    expect(renderDiagnostic(sql, { start: 7, end: 11 }, 'm')).toBe(
      ['m', 'at line 1, column 6:', '  "🙂🙂" FORM', '       ^^^^'].join('\n'),
    );
  });

  test('a long line is cut around the caret', () => {
    const sql = `SELECT ${'column_name, '.repeat(50)} b c FROM d`;
    const at = sql.indexOf('c FROM');
    const [, , line, carets] = renderDiagnostic(sql, { start: at, end: at + 1 }, 'm').split('\n');
    expect(line!.length).toBeLessThan(130);
    expect(line!.startsWith('  …')).toBe(true);
    expect(line![carets!.indexOf('^')]).toBe('c');
  });
});

test('errors carry code, offsets, line, column and hint', () => {
  const failure = failureOf(() => parseSelect('SELECT a\nFROM d\nWHERE a == 1'));
  expect(failure).toMatchObject({
    code: 'SQL_SYNTAX',
    line: 3,
    column: 10,
    carets: 1,
    hint: 'write = once for "equal"; standard SQL has this: set the option sqlCompatibility of the rule to "standard"',
  });
  expect(failure.message.split('\n')[0]).toBe('found "=", expected expression.');
});

test('each SQL_ code of the parser is provoked by some statement', () => {
  const statements = [
    'SELECT',
    'DROP',
    'SELECT "\\q" FROM d',
    `SELECT ${'('.repeat(500)} FROM d`,
    'SELECT CASE a END FROM d',
    'SELECT a FROM d GROUP BY COUNTWINDOW(0)',
    'SELECT lag(a) OVER () FROM d',
    'SELECT a FROM d LIMIT a',
    'CREATE STREAM `a b` () WITH ()',
    'CREATE STREAM a (b INT) WITH ()',
    'CREATE STREAM a (b BIGINT DEFAULT "x") WITH ()',
    'CREATE STREAM a () WITH (X="y")',
  ];
  const seen = new Set(statements.map((sql) => failureOf(() => parseStatement(sql)).code));
  seen.add(failureOf(() => parseSelect('DROP STREAM d')).code);
  // These come from the checks: test/sql/checks.test.ts.
  const fromChecks = [
    'SQL_FORMAT',
    'SQL_UNKNOWN_FUNCTION',
    'SQL_AGGREGATE_PLACE',
    'SQL_TABLE_FUNCTION_PLACE',
    'SQL_WINDOW_FUNCTION_PLACE',
    'SQL_SLICE',
    // and these from formatting and lint: test/sql/format, test/service/editor
    'SQL_AFTER_SEMICOLON',
    'SQL_COLUMN_UNSEEN',
    'SQL_SECOND_WINDOW',
    'SQL_UNFORMATTED',
  ];
  expect([...seen, ...fromChecks].sort()).toEqual(
    Object.keys(catalogue)
      .filter((code) => code.startsWith('SQL_'))
      .sort(),
  );
});
