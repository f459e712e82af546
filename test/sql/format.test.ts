import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSql, LINE_WIDTH } from '../../src/sql/format/index.ts';
import { commentsIn } from '../../src/sql/format/pieces.ts';
import { splitStatements } from '../../src/sql/format/statements.ts';
import { parseStatement } from '../../src/sql/index.ts';
import { tokenize } from '../../src/sql/lexer.ts';
import { failureOf } from './helpers/failure.ts';
import { statement } from './helpers/grammar.ts';
import { withoutSpans } from './helpers/without-spans.ts';

/** Texts of all comments, in order. */
function commentsOf(sql: string): string[] {
  let at = 0;
  return tokenize(sql).flatMap(({ span }) => {
    const gap = sql.slice(at, span.start);
    at = span.end;
    return commentsIn(gap, false).map((c) => c.text);
  });
}

describe('formatting of SQL', () => {
  // @covers issue:20#9
  test('any statement keeps its meaning and its comments, and formatting twice changes nothing more', () => {
    fc.assert(
      fc.property(statement, (sql) => {
        const once = formatSql(sql);
        expect(withoutSpans(parseStatement(once))).toEqual(withoutSpans(parseStatement(sql)));
        expect(commentsOf(once)).toEqual(commentsOf(sql));
        expect(formatSql(once)).toBe(once);
      }),
      { numRuns: 400 },
    );
  });

  test.each([
    ['a short statement stands on one line', 'select  a,b from demo where a>1;', 'SELECT a, b FROM demo WHERE a > 1;'],
    ['words after a dot or an arrow are names and stay as they are', 'select a.b, c->d from demo', 'SELECT a.b, c->d FROM demo'],
    ['a sign stands at its number', 'select a - 1, - 1, (- 2) from demo', 'SELECT a - 1, -1, (-2) FROM demo'],
    ['a topic as name stays together', 'select * from a/b/#', 'SELECT * FROM a/b/#'],
    [
      'brackets of calls and windows stand at their names',
      'select count ( * ) , a in ( 1,2 ) from demo group by tumblingwindow ( ss , 10 ) filter(where a>1)',
      'SELECT count(*), a IN (1, 2) FROM demo GROUP BY tumblingwindow(ss, 10) FILTER (WHERE a > 1)',
    ],
    [
      'a long one has a line per clause, per item, and per AND',
      'select aaaaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccccccccccccccc as dddddddddddddd from demo where aaaaaaaaaaaaaaaaaaaaaaaaa between 1 and 2 and bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb = 3 or ccccccccccccccccccccccccccccccccc = 4',
      `SELECT
  aaaaaaaaaaaaaaaaaaaaaaaaa,
  bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,
  ccccccccccccccccccccccccccccccccc AS dddddddddddddd
FROM demo
WHERE
  aaaaaaaaaaaaaaaaaaaaaaaaa BETWEEN 1 AND 2
  AND bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb = 3
  OR ccccccccccccccccccccccccccccccccc = 4`,
    ],
    [
      'comments keep their places: on lines of their own, behind an item (then behind its comma), and inside',
      '-- what is hot\nselect a -- first\n, b /* second */ from demo\n-- only those\nwhere a > 1 -- end',
      `-- what is hot
SELECT
  a, -- first
  b /* second */
FROM demo
-- only those
WHERE a > 1 -- end`,
    ],
    [
      'CASE breaks at its branches',
      `select case when temperature > 100 then "much too hot for anybody" when temperature > 50 then "hot" else "nothing to be said" end as verdict from demo`,
      `SELECT
  CASE
    WHEN temperature > 100 THEN "much too hot for anybody"
    WHEN temperature > 50 THEN "hot"
    ELSE "nothing to be said"
  END AS verdict
FROM demo`,
    ],
    [
      'CREATE has upper-case words and types, and options one per line where they do not fit on one',
      'create stream demo (a bigint, `b` struct(x array(float)), string string) with (datasource = "plant/hall/machine/+", format="json" type="mqtt", shared = "true")',
      `CREATE STREAM demo (a BIGINT, \`b\` STRUCT(x ARRAY(FLOAT)), string STRING) WITH (
  DATASOURCE="plant/hall/machine/+",
  FORMAT="json"
  TYPE="mqtt",
  SHARED="true"
)`,
    ],
    ['an empty column list stays empty', 'create table t() with (datasource="t")', 'CREATE TABLE t () WITH (DATASOURCE="t")'],
    ['other definitions have upper-case words', 'describe stream `my-s` ; show streams', 'DESCRIBE STREAM `my-s`;\n\nSHOW STREAMS'],
    [
      'statements of a file stand apart by a blank line, with their comments',
      '/* head */ show streams; -- one\n-- two\nshow tables;\n-- last',
      '/* head */\nSHOW STREAMS; -- one\n\n-- two\nSHOW TABLES;\n\n-- last',
    ],
    [
      'standard SQL is taken as well, in its own signs and words',
      'select distinct a, b is not null as "x y", a || "z", a <> 1 from demo where not (a > 1)',
      'SELECT distinct a, b is NOT null AS "x y", a || "z", a <> 1 FROM demo WHERE NOT (a > 1)',
    ],
    ['blanks alone are nothing', ' \n ', ''],
  ])('%s', (_name, sql, formatted) => {
    expect(formatSql(sql)).toBe(formatted);
    expect(formatSql(formatted)).toBe(formatted);
  });

  test(`a statement of ${LINE_WIDTH} columns stays on its line, one of ${LINE_WIDTH + 1} does not`, () => {
    const of = (length: number) => `SELECT ${'a'.repeat(length - 'SELECT  FROM demo'.length)} FROM demo`;
    expect(formatSql(of(LINE_WIDTH))).toBe(of(LINE_WIDTH));
    expect(formatSql(of(LINE_WIDTH + 1)).split('\n')).toHaveLength(2);
  });

  test('a statement that cannot be read is refused, with its place in the whole text', () => {
    const failure = failureOf(() => formatSql('SHOW STREAMS;\nSELECT a FRM demo'));
    expect({ ...failure, message: '' }).toMatchObject({ code: 'SQL_SYNTAX', line: 2, column: 10 });
  });

  test('a text is split at the semicolons outside of strings and comments', () => {
    const sql = 'SELECT ";" FROM a /* ; */;; -- ;\n SHOW STREAMS';
    expect(splitStatements(sql)).toEqual([
      { text: 'SELECT ";" FROM a /* ; */', start: 0, closed: true },
      { text: ' -- ;\n SHOW STREAMS', start: 27, closed: false },
    ]);
  });
});
