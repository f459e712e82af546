import { describe, expect, test } from 'vitest';
import { type CreateStatement, parseStatement, printType } from '../../src/sql/index.ts';
import { failureOf } from './helpers/failure.ts';

const create = (sql: string) => parseStatement(sql) as CreateStatement;
const valuesOf = (sql: string) => Object.fromEntries(Object.entries(create(sql).options).map(([k, v]) => [k, v.value]));

describe('CREATE', () => {
  test('names, kinds, schemaless', () => {
    expect(create('create Stream demo () with (datasource="x")')).toMatchObject({
      kind: 'create',
      object: 'stream',
      name: 'demo',
      fields: [],
    });
    expect(create('CREATE TABLE `a-b` () WITH (DATASOURCE="x", TYPE="memory");')).toMatchObject({ object: 'table', name: 'a-b' });
    expect(create('/* c */ CREATE STREAM a () WITH (TYPE="x"); CREATE STREAM b () WITH (TYPE="x")')).toMatchObject({ name: 'a' });
    expect(create('CREATE STREAM stream () WITH ()')).toMatchObject({ name: 'stream', options: {} });
  });

  test('fields: every type, nested, names in back quotes, trailing comma', () => {
    const s = create(
      'CREATE STREAM d (a BIGINT, b float, c STRING, d BOOLEAN, e DATETIME, f BYTEA, `select` ARRAY(ARRAY(STRING)), `中文` STRUCT(x BIGINT, y ARRAY(STRUCT(z FLOAT))),) WITH (TYPE="x")',
    );
    expect(s.fields.map((f) => `${f.name} ${printType(f.type)}`)).toEqual([
      'a BIGINT',
      'b FLOAT',
      'c STRING',
      'd BOOLEAN',
      'e DATETIME',
      'f BYTEA',
      'select ARRAY(ARRAY(STRING))',
      '中文 STRUCT(x BIGINT, y ARRAY(STRUCT(z FLOAT)))',
    ]);
  });

  test('DEFAULT of BIGINT, FLOAT, STRING, BOOLEAN', () => {
    const s = create(
      'CREATE STREAM d (a BIGINT DEFAULT -5, b FLOAT DEFAULT 1.5, c STRING DEFAULT "x", d BOOLEAN DEFAULT TRUE, e BIGINT DEFAULT "7", f STRING DEFAULT 3, g STRUCT(h FLOAT DEFAULT 2)) WITH (TYPE="x")',
    );
    expect(s.fields.map((f) => f.default)).toEqual([-5n, 1.5, 'x', true, 7n, '3', undefined]);
    const nested = s.fields[6]!.type;
    expect(nested.kind === 'struct' && nested.fields[0]!.default).toBe(2);
  });

  test('the 16 options of WITH', () => {
    expect(
      valuesOf(
        `CREATE STREAM d () WITH (datasource="t", FORMAT="JSON" schemaid="a.b", DELIMITER="|", KEY="id", TYPE="mqtt", CONF_KEY="c", EXTRA="{\\"a\\":1}", STRICT_VALIDATION="true", TIMESTAMP="ts", TIMESTAMP_FORMAT="yyyy", SHARED=TRUE, KIND="Scan", RETAIN_SIZE="5", VERSION="V1", TEMP=false,)`,
      ),
    ).toEqual({
      DATASOURCE: 't',
      FORMAT: 'JSON',
      SCHEMAID: 'a.b',
      DELIMITER: '|',
      KEY: 'id',
      TYPE: 'mqtt',
      CONF_KEY: 'c',
      EXTRA: '{"a":1}',
      STRICT_VALIDATION: true,
      TIMESTAMP: 'ts',
      TIMESTAMP_FORMAT: 'yyyy',
      SHARED: true,
      KIND: 'scan',
      RETAIN_SIZE: 5,
      VERSION: 'v1',
      TEMP: false,
    });
  });

  test('written twice: the later one; TRUE as text', () => {
    expect(valuesOf('CREATE STREAM d () WITH (DATASOURCE="x", DATASOURCE="y", KEY=TRUE)')).toEqual({ DATASOURCE: 'y', KEY: 'TRUE' });
  });

  test('spans of options point at name and value', () => {
    const sql = 'CREATE STREAM d () WITH (FORMAT="JSON")';
    const { span, nameSpan } = create(sql).options.FORMAT!;
    expect([sql.slice(nameSpan.start, nameSpan.end), sql.slice(span.start, span.end)]).toEqual(['FORMAT', '"JSON"']);
  });
});

describe('DESCRIBE, DROP, EXPLAIN, SHOW', () => {
  test.each([
    ['describe stream a', { kind: 'describe', object: 'stream', name: 'a' }],
    ['DESCRIBE TABLE a;', { kind: 'describe', object: 'table', name: 'a' }],
    ['DROP STREAM `a-b`', { kind: 'drop', object: 'stream', name: 'a-b' }],
    ['DROP TABLE a', { kind: 'drop', object: 'table', name: 'a' }],
    ['EXPLAIN STREAM a', { kind: 'explain', object: 'stream', name: 'a' }],
    ['EXPLAIN TABLE a', { kind: 'explain', object: 'table', name: 'a' }],
    ['SHOW STREAMS', { kind: 'show', object: 'stream' }],
    ['show tables;', { kind: 'show', object: 'table' }],
  ])('%s', (sql, expected) => {
    expect(parseStatement(sql)).toMatchObject(expected);
  });
});

describe('refusals of definitions', () => {
  const types = 'expect valid stream field types(BIGINT | FLOAT | STRING | DATETIME | BOOLEAN | BYTEA | ARRAY | STRUCT).';
  const options =
    'unknown option keys(DATASOURCE|FORMAT|KEY|CONF_KEY|SHARED|STRICT_VALIDATION|TYPE|TIMESTAMP|TIMESTAMP_FORMAT|RETAIN_SIZE|SCHEMAID|EXTRA|VERSION|TEMP|KIND|DELIMITER).';
  const golden: readonly (readonly [sql: string, text: string, at: string, hint?: RegExp])[] = [
    ['CREATE VIEW x', 'found "VIEW", expected keyword stream or table.', 'VIEW'],
    ['CREATE', 'found "EOF", expected keyword stream or table.', ''],
    ['CREATE STREAM', 'found "EOF", expected stream name.', ''],
    ['CREATE STREAM 1a () WITH ()', 'found "1", expected stream name.', '1a'],
    ['CREATE STREAM a WITH ()', 'found "WITH", expected lparen after stream name.', 'WITH'],
    ['CREATE STREAM a.b () WITH ()', 'found ".", expected lparen after stream name.', '.b'],
    [
      'CREATE STREAM `a b` () WITH ()',
      "id 'a b' contains invalid characters: only alphanumeric, hyphens and underscores are allowed",
      '`a b`',
    ],
    ['CREATE STREAM a () WIT ()', 'found "WIT", expected is with.', 'WIT'],
    ['CREATE STREAM a () WITH', 'found "EOF", expect stream options.', ''],
    ['CREATE STREAM a (b BIGINT)) WITH ()', 'found ")", expect stream options.', ') WITH'],
    ['CREATE STREAM a (b) WITH ()', `found ")", ${types}`, ') WITH'],
    ['CREATE STREAM a (b INT) WITH ()', `found "INT", ${types}`, 'INT', /did you mean BIGINT/],
    ['CREATE STREAM a (b FLAOT) WITH ()', `found "FLAOT", ${types}`, 'FLAOT', /did you mean FLOAT/],
    ['CREATE STREAM a (b BIGINT c FLOAT) WITH ()', 'found "c", expect comma or rparen.', 'c FLOAT'],
    ['CREATE STREAM a (, b BIGINT) WITH ()', 'found ",", expect stream field name.', ', b'],
    ['CREATE STREAM a (order BIGINT) WITH ()', 'found "ORDER", expect stream field name.', 'order', /`order`/],
    ['CREATE STREAM a (b ARRAY()) WITH ()', 'found ")", expect stream data types.', '))'],
    ['CREATE STREAM a (b ARRAY(BIGINT, FLOAT)) WITH ()', 'found ",", expect rparen in array type definition.', ', FLOAT'],
    ['CREATE STREAM a (b STRUCT()) WITH ()', 'found ")", expected is with.', '))', /at least one field/],
    ['CREATE STREAM a (b STRUCT(c BIGINT,)) WITH ()', 'found ")", expected is with.', '))'],
    ['CREATE STREAM a (b BIGINT DEFAULT "x") WITH ()', 'cannot convert "x" to bigint', '"x"'],
    ['CREATE STREAM a (b DATETIME DEFAULT 1) WITH ()', 'DEFAULT clause is not supported for datetime', '1)'],
    ['CREATE STREAM a (b BIGINT DEFAULT c) WITH ()', 'found "c", expect default constraint value.', 'c)'],
    ['CREATE STREAM a () WITH (TYP="x")', `found "TYP", ${options}`, 'TYP', /did you mean TYPE/],
    ['CREATE STREAM a () WITH (TYPE "x")', 'found "x", expect equals(=) in options.', '"x"'],
    ["CREATE STREAM a () WITH (TYPE='x')", 'found "x", expect string or boolean value in option.', "'x'", /write TYPE="x"/],
    ['CREATE STREAM a () WITH (RETAIN_SIZE=3)', 'found "3", expect string or boolean value in option.', '3', /RETAIN_SIZE="3"/],
    ['CREATE STREAM a () WITH (RETAIN_SIZE="x")', 'found "x", expect number value in RETAIN_SIZE option.', '"x"'],
    ['CREATE STREAM a () WITH (SHARED="yes")', 'found "yes", expect TRUE/FALSE value in SHARED option.', '"yes"'],
    ['CREATE STREAM a () WITH (TEMP="1")', 'found "1", expect TRUE/FALSE value in TEMP option.', '"1"'],
    ['CREATE STREAM a () WITH (EXTRA="{")', 'invalid extra option, expect JSON string', '"{"'],
    ['CREATE TABLE a () WITH (TYPE="memory", KIND="lookup")', 'Option "key" is required for memory lookup table.', '"lookup"', /KEY/],
    ['CREATE STREAM a () WITH (TYPE="x") x', 'found "x", expected semicolon or EOF.', 'x'],
    ['DROP STREAM', 'found "EOF", expected stream name.', ''],
    ['DROP TABLE 5', 'found "5", expected table name.', '5'],
    ['DROP STREAM a b', 'found "b", expected EOF.', 'b'],
    ['SHOW STREAM', 'found "STREAM", expected keyword streams or tables.', 'STREAM'],
    ['SHOW STREAMS a', 'found "a", expected semecolon or EOF.', 'a'],
    ['DELETE FROM a', 'found "DELETE", expected SELECT or CREATE, DESCRIBE, DROP, EXPLAIN, SHOW.', 'DELETE'],
    ['CRAETE STREAM a', 'found "CRAETE", expected SELECT or CREATE, DESCRIBE, DROP, EXPLAIN, SHOW.', 'CRAETE', /did you mean CREATE/],
  ];
  for (const [sql, text, at, hint] of golden)
    test(sql, () => {
      const failure = failureOf(() => parseStatement(sql));
      expect(failure.text).toBe(text);
      expect(failure.column).toBe((at === '' ? sql.length : sql.lastIndexOf(at)) + 1);
      if (hint) expect(failure.hint).toMatch(hint);
    });
});
