// What a rule is told at its creation that will have no effect, or can never be true. And that rules which are right are told nothing.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';

let made: RealGateway;
beforeAll(async () => {
  made = await realGateway();
  await made.call('POST', '/streams', { sql: 'CREATE STREAM s (a BIGINT, b STRING, t BIGINT) WITH (DATASOURCE="x", FORMAT="JSON")' });
  await made.call('POST', '/streams', { sql: 'CREATE STREAM loose () WITH (DATASOURCE="y", FORMAT="JSON")' });
});
afterAll(() => made.close());

let n = 0;
const warningsOf = async (sql: string, action: object = { log: {} }, more: object = {}): Promise<string> => {
  const { status, text, warnings } = await made.call('POST', '/rules', {
    id: `w${++n}`,
    sql,
    actions: [action],
    triggered: false,
    ...more,
  });
  expect([status, text]).toEqual([201, expect.any(String)]);
  return warnings.join('\n');
};

describe('a rule is told', () => {
  // @covers issue:18#2
  it.each([
    ['SELECT a FROM s WHERE b = NULL', 'b = NULL is never true, NULL is equal to nothing: write IS NULL.'],
    ['SELECT a FROM s WHERE NULL != b', 'write IS NOT NULL.'],
    ['SELECT a FROM s WHERE false', 'WHERE false lets no row through.'],
    ['SELECT a FROM s GROUP BY COUNTWINDOW(2) LIMIT 0', 'LIMIT 0 gives no rows.'],
    ['SELECT a FROM s WHERE a BETWEEN 9 AND 3', 'is never true: the first bound is the larger one.'],
    ['SELECT window_end() AS e FROM s', 'window_end() has no value: the statement has no window.'],
    ['SELECT count(*) AS c FROM s GROUP BY HOPPINGWINDOW(ss, 10, 30)', 'rows in the 20 between two windows are in none.'],
  ])('that %s cannot do what it says', async (sql, words) => {
    expect(await warningsOf(sql)).toContain(words);
  });

  // @covers issue:18#2
  it('of columns that an action names and the rule does not give, with the one that was meant', async () => {
    expect(await warningsOf('SELECT a, b AS name FROM s', { log: { fields: ['a', 'nane'] } })).toMatch(
      /fields of action log names column nane.*"?name"?/,
    );
    expect(await warningsOf('SELECT a FROM s', { log: { excludeFields: ['zz'] } })).toContain(
      'names column zz, which the rule does not give: it gives a.',
    );
    expect(await warningsOf('SELECT a FROM s', { log: { sendSingle: true, dataTemplate: '{"v": {{.aa}}}' } })).toContain('names column aa');
  });

  // @covers issue:18#2
  it('of properties of another format', async () => {
    expect(await warningsOf('SELECT a FROM s', { log: { delimiter: ';' } })).toContain('Property delimiter of action log has no effect');
  });

  // @covers issue:18#2
  it('of a schedule without a duration, and of a range that ends before it begins', async () => {
    expect(await warningsOf('SELECT a FROM s', { log: {} }, { options: { cron: '0 8 * * *' } })).toContain(
      'has no effect without duration',
    );
    const range = { begin: '2026-05-02 00:00:00', end: '2026-05-01 00:00:00' };
    expect(
      await warningsOf('SELECT a FROM s', { log: {} }, { options: { cron: '0 8 * * *', duration: '1h', cronDatetimeRange: [range] } }),
    ).toContain('ends before it begins');
  });

  // @covers issue:18#2
  it('nothing when it is right', async () => {
    for (const [sql, action] of [
      ['SELECT a FROM s WHERE b IS NULL', { log: {} }],
      ['SELECT a FROM s WHERE a BETWEEN 3 AND 9 AND true', { log: { fields: ['a'] } }],
      ['SELECT *, a + 1 AS c FROM loose', { log: { fields: ['whatever'] } }],
      ['SELECT a, b FROM s', { log: { sendSingle: true, dataTemplate: '{"v": {{.a}}, "w": {{json .b}}}' } }],
      ['SELECT a FROM s', { log: { dataTemplate: '{{range .}}{{.x}}{{end}}' } }],
      ['SELECT window_start() AS st, count(*) AS c FROM s GROUP BY TUMBLINGWINDOW(ss, 10)', { log: { excludeFields: ['st'] } }],
      ['SELECT avg(a) AS m FROM s GROUP BY HOPPINGWINDOW(ss, 30, 10)', { log: {} }],
      ['SELECT a FROM s', { log: { format: 'delimited', delimiter: ';' } }],
    ] as const)
      expect(await warningsOf(sql, action), sql).toBe('');
  });

  // @covers issue:18#2
  it('nothing of the statement with the answers of eKuiper', async () => {
    expect(await warningsOf('SELECT a FROM s WHERE false', { log: {} }, { options: { sqlCompatibility: 'ekuiper' } })).toBe('');
  });
});

describe('a rule is told of what cannot work with the columns as they are declared', () => {
  beforeAll(async () => {
    const sql =
      'CREATE STREAM typed (n BIGINT, f FLOAT, t STRING, ok BOOLEAN, o STRUCT(x BIGINT, name STRING), l ARRAY(BIGINT)) WITH (TYPE="memory", DATASOURCE="typed")';
    await made.call('POST', '/streams', { sql });
  });

  // @covers issue:18#2
  it.each([
    ['SELECT n FROM typed WHERE t > 5', 't > 5 compares a text with a number: t is declared STRING', 'cast(t, "float")'],
    ['SELECT n FROM typed WHERE n > "62"', 'compares a number with a text', 'Write 62 without quotes.'],
    ['SELECT n FROM typed WHERE ok = "true"', 'compares true or false with a text', 'Write true without quotes.'],
    ['SELECT n FROM typed WHERE t IN (1, 2)', 'compares a text with a number', 'cast(t'],
    ['SELECT n FROM typed WHERE f BETWEEN "1" AND "2"', 'compares a number with a text', 'Write 1 without quotes.'],
    ['SELECT CASE t WHEN 1 THEN 2 END AS c FROM typed', 'compares a text with a number', 'cast(t'],
    ['SELECT CASE WHEN n THEN 2 END AS c FROM typed', 'WHEN must be true or false, and n is declared BIGINT', 'n > 0'],
    ['SELECT n FROM typed WHERE n', 'A condition must be true or false', 'n > 0'],
    ['SELECT n FROM typed WHERE ok AND t', 'A side of AND must be true or false, and t is declared STRING', 't = "x"'],
    ['SELECT n FROM typed WHERE n LIKE "a%"', 'is for texts, and n is declared BIGINT', 'cast(n, "string")'],
    ['SELECT o->nmae AS a FROM typed', 'asks for member nmae, which o does not declare', 'did you mean name?'],
    ['SELECT n->x AS a FROM typed', 'asks for a member: n is declared BIGINT', 'Only a STRUCT has members.'],
    ['SELECT t[0] AS a FROM typed', 'asks for elements: t is declared STRING', 'Only an ARRAY has elements.'],
    ['SELECT * EXCEPT(nn) FROM typed', 'EXCEPT names column nn, which is not declared', 'there are n, f'],
    ['SELECT * REPLACE(1 AS okk) FROM typed', 'REPLACE names column okk', 'did you mean ok?'],
    ['SELECT sqrt(t) AS r FROM typed', 'sqrt(t) takes numbers, and t is declared STRING', 'sqrt(cast(t, "float"))'],
    ['SELECT avg(t) AS r FROM typed GROUP BY TUMBLINGWINDOW(ss, 5)', 'avg(t) takes numbers', 'cast(t, "float")'],
    ['SELECT n FROM typed WHERE regexp_matches(t, "(")', 'fails for every row', 'missing closing )'],
    ['SELECT json_path_query(o, "$[") AS r FROM typed', 'fails for every row', 'json_path_query'],
    ['SELECT meta(topc) AS r FROM typed', 'meta(topc) has no value', 'did you mean topic?'],
    ['SELECT n / 0 AS r FROM typed', 'n / 0 divides by 0', 'no row has a result'],
    ['SELECT t + 1 AS r FROM typed', 't + 1 calculates with numbers, and t is declared STRING', 'cast(t, "float")'],
    ['SELECT -t AS r FROM typed', 'calculates with numbers, and t is declared STRING', 'cast(t, "float")'],
    ['SELECT n * o AS r FROM typed', 'calculates with numbers, and o is declared STRUCT', 'cast(o'],
    ['SELECT n FROM typed WHERE NOT n', 'What follows NOT must be true or false', 'n > 0'],
    ['SELECT n FROM typed WHERE o = 5', 'compares an object with a number', 'o is declared STRUCT'],
    ['SELECT n FROM typed WHERE t LIKE 5', 'is for texts, and 5 is a number', 'cast(5, "string")'],
    ['SELECT o.nmae AS r FROM typed', 'asks for member nmae, which o does not declare', 'did you mean name?'],
    ['SELECT n FROM typed WHERE o.x > "5"', 'compares a number with a text', 'Write 5 without quotes.'],
    ['SELECT n FROM typed WHERE n > 5 AND n < 3', 'is never true', 'Write OR'],
  ])('%s', async (sql, ...words) => {
    const told = await warningsOf(sql);
    for (const w of words) expect(told).toContain(w);
  });

  // @covers issue:18#2
  it('and of nothing else', async () => {
    for (const sql of [
      'SELECT n + f AS s, o->name AS a, l[0] AS first, o->x + 1 AS y FROM typed WHERE n > f AND t = "x" AND ok AND n IN (1, 2)',
      'SELECT -n AS a, n + f * 2 AS b, o.x + 1 AS c, typed.o AS d FROM typed WHERE NOT ok AND o.name LIKE "a%"',
      'SELECT t AS x, x AS y FROM typed WHERE x = 1',
      'SELECT * EXCEPT(n) FROM typed WHERE t LIKE "a%" OR NOT ok',
      'SELECT * REPLACE(1 AS n) FROM typed WHERE n > 5 OR n < 3',
      'SELECT abs(n) AS a, sqrt(f) AS b, meta(topic) AS c, meta(*) AS m FROM typed WHERE n >= 3 AND n <= 3',
      'SELECT b.whatever AS w, typed.n AS n FROM typed INNER JOIN loose AS b ON typed.n = b.n GROUP BY TUMBLINGWINDOW(ss, 5)',
      'WITH typed2 AS (SELECT t AS n FROM typed) SELECT n FROM typed2 WHERE n = "x"',
      'SELECT regexp_matches(t, "[0-9]+") AS r, json_path_query(o, "$.x") AS p FROM typed',
      'SELECT a->b AS c, d[0] AS e, sqrt(x) AS y, meta(qos) AS m FROM loose WHERE x > "5" AND y',
    ])
      expect(await warningsOf(sql), sql).toBe('');
  });

  // @covers issue:18#2
  it('a step of WITH that has the name of a stream is not the stream', async () => {
    expect(await warningsOf('WITH typed AS (SELECT a AS n FROM loose) SELECT n FROM typed WHERE n > "x"')).toBe('');
  });
});

// @covers issue:18#2
it('a rule is told where its results go when the action does not say it, and of options that others leave without effect', async () => {
  expect(await warningsOf('SELECT a FROM s', { rest: {} })).toContain('Action rest has no url: it sends to http://localhost.');
  expect(await warningsOf('SELECT a FROM s', { memory: {} })).toContain('Action memory has no topic');
  expect(await warningsOf('SELECT a FROM s', { file: {} })).toContain('Action file has no path');
  expect(await warningsOf('SELECT a FROM s', { file: { path: 'a.txt' } })).toBe('');
  const rest = { url: 'http://example.test/a', headers: { 'a b': 'c', 'X-Right': 'd' } };
  expect(await warningsOf('SELECT a FROM s', { rest })).toBe(
    'Property headers of action rest: "a b" is no name of a header, each request fails; letters, digits and - are allowed.',
  );
  const mqtt = { server: 'tcp://127.0.0.1:1', topic: 'x/{{.aa}}', sendSingle: true };
  expect(await warningsOf('SELECT a FROM s', { mqtt })).toContain('topic of action mqtt names column aa');
  expect(await warningsOf('SELECT a FROM s', { mqtt: { ...mqtt, topic: 'x/{{.a}}' } })).toBe('');
  const waits = { attempts: 3, delay: 10_000, maxDelay: 10 };
  expect(await warningsOf('SELECT a FROM s', { log: {} }, { options: { restartStrategy: waits } })).toContain(
    'maxDelay of the rule is less',
  );
  expect(await warningsOf('SELECT a FROM s', { log: { dataField: 'zz' } })).toContain('dataField of action log names column zz');
  expect(await warningsOf('SELECT a FROM s', { log: {} }, { options: { lateTolerance: '5s' } })).toContain('no effect without isEventTime');
  expect(await warningsOf('SELECT a FROM s', { log: {} }, { options: { bufferLength: 0 } })).toContain('is taken as 1');
  expect(await warningsOf('SELECT a FROM s', { log: {} }, { options: { restartStrategy: { attempts: 0, multiplier: -1 } } })).toContain(
    'multiplier of the rule is -1',
  );
});

// @covers issue:18#2
it('a stream is told of a column that is declared twice, and of a TIMESTAMP that is no column of it', async () => {
  const create = async (sql: string) => (await made.call('POST', '/streams', { sql })).warnings.join('\n');
  expect(await create('CREATE STREAM d (a BIGINT, a STRING) WITH (DATASOURCE="x")')).toContain(
    'Column a of stream d is declared more than once.',
  );
  expect(await create('CREATE STREAM e (a BIGINT, stamp BIGINT) WITH (DATASOURCE="x", TIMESTAMP="stmp")')).toMatch(
    /TIMESTAMP of stream e names column stmp.*stamp/,
  );
  expect(await create('CREATE STREAM g (ok BOOLEAN) WITH (DATASOURCE="x", TIMESTAMP="ok")')).toContain('column ok is declared BOOLEAN');
  expect(await create('CREATE STREAM h (t STRING) WITH (DATASOURCE="x", TIMESTAMP="t", TIMESTAMP_FORMAT="hello")')).toContain(
    '"hello" names no part of a time',
  );
  expect(await create('CREATE STREAM i (t STRING) WITH (DATASOURCE="x", TIMESTAMP="t", TIMESTAMP_FORMAT="yyyy-MM-dd HH:mm:ss")')).toBe('');
  expect(await create('CREATE STREAM f (a BIGINT, stamp BIGINT) WITH (DATASOURCE="x", TIMESTAMP="stamp")')).toBe('');
});
