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

// @covers issue:18#2
it('a stream is told of a column that is declared twice, and of a TIMESTAMP that is no column of it', async () => {
  const create = async (sql: string) => (await made.call('POST', '/streams', { sql })).warnings.join('\n');
  expect(await create('CREATE STREAM d (a BIGINT, a STRING) WITH (DATASOURCE="x")')).toContain(
    'Column a of stream d is declared more than once.',
  );
  expect(await create('CREATE STREAM e (a BIGINT, stamp BIGINT) WITH (DATASOURCE="x", TIMESTAMP="stmp")')).toMatch(
    /TIMESTAMP of stream e names column stmp.*stamp/,
  );
  expect(await create('CREATE STREAM f (a BIGINT, stamp BIGINT) WITH (DATASOURCE="x", TIMESTAMP="stamp")')).toBe('');
});
