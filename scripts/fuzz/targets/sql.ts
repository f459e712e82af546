// Fuzz targets of the SQL front end: parser, printer, and whole rules over one row.
import { createVirtualClock } from '../../../src/base/clock.ts';
import { isGatewayError } from '../../../src/base/errors/gateway-error.ts';
import { parseExpression, parseStatement, printExpr, printStatement } from '../../../src/sql/index.ts';
import { hold, orRefusesCoded, type Target, textOf } from '../target.ts';

const words = [
  ...'SELECT FROM WHERE GROUP BY HAVING ORDER LIMIT JOIN LEFT INNER CROSS ON AS AND OR NOT IN BETWEEN LIKE CASE WHEN THEN ELSE END'.split(
    ' ',
  ),
  ...'CREATE STREAM TABLE WITH SHOW DESCRIBE DROP EXPLAIN EXCEPT REPLACE OVER PARTITION FILTER INVISIBLE ASC DESC ss mi TRUE FALSE'.split(
    ' ',
  ),
  ...'TUMBLINGWINDOW( HOPPINGWINDOW( SLIDINGWINDOW( SESSIONWINDOW( COUNTWINDOW( STATEWINDOW( unnest( lag( count( avg( cast('.split(' '),
  ...[
    ' -> ',
    '[0]',
    '[1:2]',
    '::',
    '->',
    '`a`',
    '"t"',
    "'t'",
    ' * ',
    '(*)',
    '--',
    '/*',
    '*/',
    '!=',
    '<=',
    ',',
    '.',
    ';',
    '(',
    ')',
    '{',
    '}',
    'STRUCT(',
    'ARRAY(',
  ],
];
const statements = [
  'SELECT a, b AS c, * EXCEPT (d) FROM demo WHERE a > 1 AND b LIKE "x%" ORDER BY a DESC LIMIT 3',
  'SELECT count(*), avg(t) FILTER (WHERE t > 0) FROM demo GROUP BY id, HOPPINGWINDOW(ss, 10, 5) HAVING count(*) > 2',
  'SELECT CASE a WHEN 1 THEN "x" ELSE b->c[0]->d END AS q, lag(a, 1, 0) OVER (PARTITION BY id WHEN a > 2) FROM demo',
  'SELECT * FROM demo INNER JOIN t1 ON demo.id = t1.id GROUP BY SLIDINGWINDOW(ss, 10) OVER (WHEN a > 1)',
  'CREATE STREAM demo (a BIGINT, b STRUCT(c ARRAY(FLOAT)), d DATETIME) WITH (DATASOURCE="x/#", FORMAT="JSON", TYPE="mqtt")',
  'CREATE TABLE t () WITH (DATASOURCE="x", TYPE="memory", KIND="lookup", KEY="id")',
  'SHOW STREAMS',
  'DESCRIBE STREAM demo',
];

const statement: Target = {
  name: 'sql-statement',
  doc: 'parseStatement: a tree, or a coded error whose text holds the place',
  seeds: statements,
  words,
  maxBytes: 1024,
  files: /\/src\/sql\//,
  load: async () => (input) => void orRefusesCoded(() => parseStatement(textOf(input))),
};

const print: Target = {
  name: 'sql-print',
  doc: 'what is printed of a statement parses again, and prints the same',
  seeds: statements,
  words,
  maxBytes: 512,
  files: /\/src\/sql\//,
  load: async () => (input) => {
    const tree = orRefusesCoded(() => parseStatement(textOf(input)));
    if (!tree) return;
    const printed = printStatement(tree);
    let again: string;
    try {
      again = printStatement(parseStatement(printed));
    } catch (error) {
      throw new Error(`printed text does not parse: ${printed}`, { cause: error });
    }
    hold(again === printed, `printed twice it differs: ${printed} | ${again}`);
  },
};

const expression: Target = {
  name: 'sql-expression',
  doc: 'parseExpression and printExpr',
  seeds: [
    'a + b * (c - 1) / 2 % 3',
    'a->b[1:2]->c',
    'not (a in (1, 2)) and b between 1 and 2',
    'case when a then b end',
    'f(x, "y", 1.5e3)',
  ],
  words,
  maxBytes: 512,
  files: /\/src\/sql\//,
  load: async () => (input) => {
    const tree = orRefusesCoded(() => parseExpression(textOf(input)));
    if (!tree) return;
    const printed = printExpr(tree);
    hold(printExpr(parseExpression(printed)) === printed, `printed twice it differs: ${printed}`);
  },
};

/** Texts of V8 for a slip in our code; a row's own error has words of ours. */
const OUR_FAULT = /Cannot (read|set|convert|mix)|is not (a function|iterable|defined|a constructor)|undefined|Maximum call stack/;

const rule: Target = {
  name: 'sql-rule',
  doc: 'a SELECT list over a row of JSON: planned, compiled, run; rows may fail, the gateway may not',
  seeds: [
    'a, b + 1 AS c WHERE a > 1\n{"a":2,"b":3,"s":"x"}',
    'upper(s), length(s), substring(s, 1, 2)\n{"s":"abcdef"}',
    'array_create(a, b), cardinality(o), o[0]->x\n{"a":1,"b":"2","o":[{"x":1},2]}',
    'cast(a, "bigint"), a / b, a % b, -a\n{"a":1.5,"b":0}',
    'json_path_query(o, "$.x[*]"), object_keys(o)\n{"o":{"x":[1,2]}}',
    'case when a is null then 1 else lag(a) end, changed_col(true, a)\n{"a":null}',
    'format_time(t, "YYYY-MM-dd"), date_calc(t, "24h"), now()\n{"t":1700000000000}',
    'regexp_matches(s, "a+b"), split_value(s, ",", 1), md5(s), encode(s, "base64")\n{"s":"aab,c"}',
    'count(*), avg(a), collect(a) GROUP BY COUNTWINDOW(1)\n{"a":1}',
  ],
  words: [
    ...words,
    ...'abs acos bitand ceil conv exp floor ln log mod power rand round sign sqrt tan concat endswith format indexof lpad ltrim numbytes'.split(
      ' ',
    ),
    ...'regexp_replace regexp_substring rpad startswith trim reverse hex2dec dec2hex compress decompress sha256 crc32 newuuid tstamp'.split(
      ' ',
    ),
    ...'array_cat array_flatten array_distinct array_sort array_join array_union array_except sequence repeat kvpair_array_to_obj zip items'.split(
      ' ',
    ),
    ...'object_construct erase object_pick to_json parse_json coalesce isnull bypass acc_sum latest had_changed stddev percentile_cont'.split(
      ' ',
    ),
  ].map((w) => (/^[a-z]\w*$/.test(w) ? `${w}(` : w)),
  maxBytes: 512,
  files: /\/src\/(plan|compile|exec|functions|data)\//,
  async load() {
    const { startRule } = await import('../../../test/helpers/program.ts');
    return (input) => {
      const text = textOf(input);
      const cut = text.lastIndexOf('\n');
      let row: unknown;
      try {
        row = JSON.parse(text.slice(cut + 1));
      } catch {
        return; // only the row is JSON's own business
      }
      if (typeof row !== 'object' || row === null || Array.isArray(row)) return;
      const head = text.slice(0, Math.max(cut, 0));
      const at = /\b(WHERE|GROUP BY)\b/i.exec(head)?.index ?? head.length;
      const clock = createVirtualClock();
      let started: ReturnType<typeof startRule>;
      try {
        started = startRule(`SELECT ${head.slice(0, at)} FROM demo ${head.slice(at)}`, { clock });
      } catch (error) {
        if (!isGatewayError(error)) throw error;
        return;
      }
      started.push('demo', row as Record<string, never>);
      started.running.close();
      for (const r of started.results)
        if ('$error' in r) hold(!OUR_FAULT.test(String(r.$error)), `a row failed by a fault of ours: ${String(r.$error)}`);
    };
  },
};

export const sqlTargets: readonly Target[] = [statement, print, expression, rule];
