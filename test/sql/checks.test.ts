import { describe, expect, test } from 'vitest';
import { type CreateStatement, checkFormat, checkSelect, checkSlices, parseSelect, parseStatement } from '../../src/sql/index.ts';
import { failureOf } from './helpers/failure.ts';
import { functions } from './helpers/functions.ts';

const check = (sql: string) => checkSelect(parseSelect(sql), sql, functions);

/** `at` is the text where the caret stands (its last occurrence). */
type Row = readonly [sql: string, code: string, text: string, at: string, hint?: RegExp];

function table(rows: readonly Row[]): void {
  for (const row of rows) test(row[0], () => refuses(row));
}

function refuses([sql, code, text, at, hint]: Row): void {
  const failure = failureOf(() => check(sql));
  expect(failure).toMatchObject({ code, text, column: sql.lastIndexOf(at) + 1 });
  if (hint) expect(failure.hint).toMatch(hint);
}

const accepted = (rows: readonly string[]) =>
  test.each(rows)('accepted: %s', (sql) => {
    expect(() => check(sql)).not.toThrow();
  });

describe('functions exist', () => {
  table([
    ['SELECT nofunc(a) FROM d', 'SQL_UNKNOWN_FUNCTION', 'function nofunc not found', 'nofunc'],
    ['SELECT abs(uper(a)) FROM d', 'SQL_UNKNOWN_FUNCTION', 'function uper not found', 'uper', /did you mean upper\?/],
    ['SELECT a FROM d WHERE substr(a, 1) = 1', 'SQL_UNKNOWN_FUNCTION', 'function substr not found', 'substr', /use substring/],
    ['SELECT countplusone(a) FROM d', 'SQL_UNKNOWN_FUNCTION', 'function countplusone not found', 'countplusone', /countPlusOne/],
    [
      'SELECT a FROM d WHERE changed_cols("", true, a)',
      'SQL_UNKNOWN_FUNCTION',
      'function changed_cols can only be used inside the select clause',
      'changed_cols',
    ],
  ]);
  accepted([
    'SELECT ABS(a), countPlusOne(b) FROM d',
    'SELECT changed_cols("", true, *) FROM d',
    'SELECT a FROM d GROUP BY COUNTWINDOW(1) FILTER(WHERE abs(a) > 1)',
  ]);
});

describe('OVER', () => {
  table([
    ['SELECT abs(a) OVER (PARTITION BY b) FROM d', 'SQL_OVER', 'Found OVER after non analytic function abs', 'OVER'],
    [
      'SELECT SUM(a) OVER (PARTITION BY b) FROM d GROUP BY COUNTWINDOW(2)',
      'SQL_OVER',
      'Found OVER after non analytic function sum',
      'OVER',
      /acc_sum/,
    ],
    ['SELECT last_hit_count() OVER (WHEN a > 1) FROM d', 'SQL_OVER', 'Found OVER after non analytic function last_hit_count', 'OVER'],
    ['SELECT window_start() OVER (WHEN a > 1) FROM d', 'SQL_OVER', 'Found OVER after non analytic function window_start', 'OVER'],
    [
      'SELECT lag(a) OVER (ORDER BY b) FROM d',
      'SQL_OVER',
      'Found "ORDER" after OVER (, expect partition by or when.',
      'b)',
      /order of arrival/,
    ],
    ['SELECT lag(a) OVER (PARTITION BY c ORDER BY b) FROM d', 'SQL_OVER', 'Found "ORDER", expect right parentheses after OVER ', 'b)'],
    ['SELECT row_number() OVER (WHEN a > 1) FROM d', 'SQL_OVER', 'Found "WHEN" after OVER (, expect partition by or when.', 'a > 1'],
  ]);
  accepted([
    'SELECT lag(a) OVER (PARTITION BY b WHEN c > 1) FROM d',
    'SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM d',
    'SELECT a FROM d WHERE lag(a) OVER (WHEN b) > 1',
  ]);
});

describe('aggregates in GROUP BY', () => {
  table([
    [
      'SELECT a FROM d GROUP BY sum(a), COUNTWINDOW(2)',
      'SQL_AGGREGATE_PLACE',
      'Not allowed to call aggregate functions in GROUP BY clause: sum(a).',
      'sum(a)',
    ],
    [
      'SELECT a FROM d GROUP BY 1 + abs(count(*)), COUNTWINDOW(2)',
      'SQL_AGGREGATE_PLACE',
      'Not allowed to call aggregate functions in GROUP BY clause: 1 + abs(count(*)).',
      'count',
    ],
    [
      'SELECT a FROM d GROUP BY STATEWINDOW(sum(a) > 1)',
      'SQL_AGGREGATE_PLACE',
      'Not allowed to call aggregate functions in GROUP BY clause: STATEWINDOW(sum(a) > 1).',
      'sum(a)',
    ],
  ]);
  accepted([
    'SELECT sum(a) FROM d GROUP BY abs(b), COUNTWINDOW(2) HAVING sum(a) > 1',
    'SELECT a FROM d WHERE count(*) > 1',
    'SELECT a FROM d GROUP BY a',
  ]);
});

describe('set-returning functions', () => {
  table([
    [
      'SELECT unnest(unnest(a)) FROM d',
      'SQL_TABLE_FUNCTION_PLACE',
      "select clause shouldn't has nested set-returning-functions",
      'unnest(a)',
    ],
    ['SELECT abs(unnest(a)) FROM d', 'SQL_TABLE_FUNCTION_PLACE', "select clause shouldn't has nested set-returning-functions", 'unnest'],
    [
      'SELECT unnest(a), unnest(b) FROM d',
      'SQL_TABLE_FUNCTION_PLACE',
      "select clause shouldn't has multi set-returning-functions",
      'unnest',
    ],
    ['SELECT a FROM d WHERE unnest(a)', 'SQL_TABLE_FUNCTION_PLACE', "select statement shouldn't has srf except fields", 'unnest'],
    [
      'SELECT a FROM d GROUP BY unnest(a), COUNTWINDOW(1)',
      'SQL_TABLE_FUNCTION_PLACE',
      "select statement shouldn't has srf except fields",
      'unnest',
    ],
    ['SELECT a FROM d HAVING unnest(a) = 1', 'SQL_TABLE_FUNCTION_PLACE', "select statement shouldn't has srf except fields", 'unnest'],
    ['SELECT a FROM d ORDER BY unnest(a)', 'SQL_TABLE_FUNCTION_PLACE', "select statement shouldn't has srf except fields", 'unnest'],
    [
      'SELECT a FROM d INNER JOIN e ON unnest(d.a) = e.a',
      'SQL_TABLE_FUNCTION_PLACE',
      "select statement shouldn't has srf except fields",
      'unnest',
    ],
    ['SELECT a FROM d WHERE unnest(a);', 'SQL_TABLE_FUNCTION_PLACE', "select statement shouldn't has srf except fields", 'unnest'],
  ]);
  accepted(['SELECT unnest(a) FROM d', 'SELECT unnest(a) + 1 AS b, c FROM d']);
});

describe('window functions', () => {
  const text = 'window functions can only be in select fields';
  table([
    ['SELECT a FROM d WHERE row_number() > 1', 'SQL_WINDOW_FUNCTION_PLACE', text, 'row_number'],
    ['SELECT a FROM d GROUP BY COUNTWINDOW(2) HAVING row_number() > 1', 'SQL_WINDOW_FUNCTION_PLACE', text, 'row_number'],
    ['SELECT a FROM d ORDER BY row_number();', 'SQL_WINDOW_FUNCTION_PLACE', text, 'row_number'],
  ]);
  accepted(['SELECT row_number() AS n FROM d', 'SELECT a FROM d GROUP BY COUNTWINDOW(2) HAVING window_start() > 1']);
});

describe('slices with literal ends', () => {
  const slice = (sql: string) => checkSlices(parseSelect(sql), sql);
  test.each(['a[1:1]', 'o->l[2:1]', 'a[:0]', 'abs(a[3:2])'])('refused: %s', (expr) => {
    expect(failureOf(() => slice(`SELECT ${expr} AS v FROM d`))).toMatchObject({
      code: 'SQL_SLICE',
      text: "colon start value can't be greater than end value",
    });
  });
  test.each(['a[0:1]', 'a[1:]', 'a[:]', 'a[-1:0]', 'a[2:-1]', 'a[b:1]', 'a[2:b]'])('accepted: %s', (expr) => {
    expect(() => slice(`SELECT ${expr} AS v FROM d`)).not.toThrow();
  });
});

describe('FORMAT', () => {
  const format = (sql: string) => checkFormat(parseStatement(sql) as CreateStatement, sql, ['json', 'delimited', 'urlencoded', 'protobuf']);
  const stream = (fields: string, value: string, object = 'STREAM') =>
    `CREATE ${object} d (${fields}) WITH (FORMAT="${value}", TYPE="memory")`;
  test.each([
    [stream('', 'xml'), "option 'format=xml' is invalid", /known formats: binary, delimited/],
    [stream('', 'custom'), "option 'format=custom' is invalid", undefined],
    [stream('', 'jsn'), "option 'format=jsn' is invalid", /did you mean json\?/],
    [stream('a BIGINT', 'binary'), "'binary' format stream can have only 'bytea' type field", /a BYTEA/],
    [stream('a BYTEA, b BYTEA', 'BINARY'), "'binary' format stream can have only one field", undefined],
    [stream('', 'binary', 'TABLE'), "'binary' format is not supported for table", undefined],
  ])('refused: %s', (sql, text, hint) => {
    const failure = failureOf(() => format(sql));
    expect(failure).toMatchObject({ code: 'SQL_FORMAT', text });
    if (hint) expect(failure.hint).toMatch(hint);
  });
  test.each([stream('', 'JSON'), stream('a BYTEA', 'binary'), stream('', 'binary'), stream('', ''), stream('a BIGINT', 'protobuf')])(
    'accepted: %s',
    (sql) => {
      expect(() => format(sql)).not.toThrow();
    },
  );
});
