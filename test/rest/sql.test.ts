// /sql: what editors ask. The parts that need a real runtime and real tokens run in a whole gateway.
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Row } from '../../src/data/value.ts';
import type { Completion, Diagnostic, EditorCatalog } from '../../src/service/editor/index.ts';
import { until } from '../helpers/mosquitto.ts';
import { type RealGateway, realGateway } from '../helpers/real-gateway.ts';
import { makeService } from '../service/make-service.ts';

let made: Awaited<ReturnType<typeof makeService>>;
let rows: { stream: string; row: Row }[] = [];
beforeAll(async () => {
  made = await makeService();
  Object.assign(made.runtime, { lastRows: () => rows });
  for (const sql of [
    'CREATE STREAM demo () WITH (DATASOURCE="demo", FORMAT="json")',
    'CREATE STREAM typed (a BIGINT, o STRUCT(x FLOAT, name STRING)) WITH (DATASOURCE="typed", FORMAT="json")',
    'CREATE TABLE names () WITH (DATASOURCE="names", TYPE="memory", KIND="lookup", KEY="id")',
  ])
    expect((await made.call('POST', sql.includes('TABLE') ? '/tables' : '/streams', { sql })).status).toBe(201);
});
afterAll(() => made.close());

const ask = async <T>(path: string, body: unknown): Promise<T> => {
  const { status, text } = await made.call('POST', path, body);
  expect(status, text).toBe(200);
  return JSON.parse(text) as T;
};
const lint = async (sql: string, more: object = {}) => await ask<{ ok: boolean; diagnostics: Diagnostic[] }>('/sql/lint', { sql, ...more });

// @covers issue:20#9
describe('POST /sql/lint', () => {
  test('a right statement has no diagnostics', async () => {
    expect(await lint('SELECT a FROM typed WHERE a > 1')).toEqual({ ok: true, diagnostics: [] });
  });

  test('an error of the parser has its range in lines and in offsets, code, hint, cure, and the correction that is meant', async () => {
    const { ok, diagnostics } = await lint('SELECT a\nFORM demo');
    expect(ok).toBe(false);
    expect(diagnostics).toEqual([
      {
        severity: 'error',
        code: 'SQL_SYNTAX',
        message: 'found "FORM", expected FROM.',
        hint: 'did you mean FROM?',
        cure: 'The caret shows where the statement stopped making sense and what was expected there.',
        range: { start: { line: 2, column: 1 }, end: { line: 2, column: 5 } },
        start: 9,
        end: 13,
        fix: { start: 9, end: 13, text: 'FROM' },
      },
    ]);
  });

  test.each([
    ['SELECT avgg(a) FROM demo', 'SQL_UNKNOWN_FUNCTION', 7, 11, 'avg'],
    ['SELECT a FROM demoo', 'PLAN_UNKNOWN_SOURCE', 14, 19, 'demo'],
    ['SELECT bb FROM typed', 'PLAN_UNKNOWN_COLUMN', 7, 9, undefined],
    ['SELECT abs() FROM demo', 'PLAN_BAD_ARGUMENT', 7, 12, undefined],
  ])('what the planner refuses is shown at its place: %s', async (sql, code, start, end, fix) => {
    const { diagnostics } = await lint(sql);
    expect(diagnostics.map((d) => [d.severity, d.code, d.start, d.end, d.fix?.text])).toEqual([['error', code, start, end, fix]]);
  });

  test('answers of eKuiper refuse what standard SQL has', async () => {
    expect((await lint('SELECT sum(a) FROM demo GROUP BY TUMBLINGWINDOW(month, 1)')).ok).toBe(true);
    expect(await lint('SELECT a FROM demo WHERE a IS NOT NULL AND a <> 1')).toEqual({ ok: true, diagnostics: [] });
    expect((await lint('SELECT a FROM demo WHERE a <> 1', { sqlCompatibility: 'ekuiper' })).ok).toBe(false);
    expect((await lint('SELECT sum(a) FROM demo GROUP BY TUMBLINGWINDOW(month, 1)', { sqlCompatibility: 'ekuiper' })).ok).toBe(false);
  });

  test('a rule is one SELECT: another statement, none, and what stands behind the semicolon are told', async () => {
    const codes = async (sql: string) => (await lint(sql)).diagnostics.map((d) => `${d.severity} ${d.code} ${d.start}-${d.end}`);
    expect(await codes('SHOW STREAMS')).toEqual(['error SQL_NOT_SELECT 0-12']);
    expect(await codes(' -- nothing')).toEqual(['error SQL_NOT_SELECT 0-11']);
    expect(await codes('SELECT a FROM typed;\n SELECT b')).toEqual(['warning SQL_AFTER_SEMICOLON 22-30']);
    expect(await codes('SELECT count(*) FROM demo GROUP BY COUNTWINDOW(2), COUNTWINDOW(3)')).toEqual(['warning SQL_SECOND_WINDOW 51-65']);
  });

  test('a script is checked statement by statement, each with places in the whole', async () => {
    const sql = 'CREATE STREAM s () WITH (DATASOURCE="x", FORMAT="jso");\n-- two\nSELECT a FRM demo;\nSHOW STREAMS;\nSELECT b FROM nowhere';
    const { diagnostics } = await lint(sql, { kind: 'script' });
    expect(diagnostics.map((d) => [d.code, d.range.start.line, d.range.start.column])).toEqual([
      ['SQL_FORMAT', 1, 49],
      ['SQL_SYNTAX', 3, 10],
      ['PLAN_UNKNOWN_SOURCE', 5, 15],
    ]);
    expect(await lint(' \n', { kind: 'script' })).toEqual({ ok: true, diagnostics: [] });
  });

  test('a connector that does not take a stream is told at the stream', async () => {
    const { diagnostics } = await lint('CREATE STREAM s () WITH (DATASOURCE="x", TYPE="nosuch")', { kind: 'script' });
    expect(diagnostics.map((d) => [d.code === '' ? '' : d.severity, d.start])).toEqual([[diagnostics[0]!.severity, expect.any(Number)]]);
    expect(diagnostics[0]!.message).toContain('nosuch');
  });

  test('a column that no message had is told, when one that came was meant; an alias and another spelling are not', async () => {
    rows = [{ stream: 'demo', row: { device: 'a', temperature: 21.5 } }];
    const { ok, diagnostics } = await lint(
      'SELECT devce, temperature AS temp, temp + 1 AS t2, humidity FROM demo WHERE demo.temperatur > 1',
    );
    expect(ok).toBe(true);
    expect(diagnostics.map((d) => [d.severity, d.code, d.start, d.end, d.fix?.text])).toEqual([
      ['warning', 'SQL_COLUMN_UNSEEN', 7, 12, 'device'],
      ['warning', 'SQL_COLUMN_UNSEEN', 81, 91, 'temperature'],
    ]);
    rows = [];
  });

  // @covers issue:20#9
  test('SELECTs in WITH, UNION ALL and FROM are checked as the one around them, each with its place', async () => {
    rows = [{ stream: 'demo', row: { device: 'a', temperature: 21.5 } }];
    const found = async (sql: string) =>
      (await lint(sql)).diagnostics.map(
        (d) => `${d.severity} ${d.code} ${sql.slice(d.start, d.end)}@${d.start}${d.fix ? ` ${d.fix.text}` : ''}`,
      );
    expect(await found('WITH a AS (SELECT abs() FROM demo) SELECT * FROM a')).toEqual(['error PLAN_BAD_ARGUMENT abs()@18']);
    expect(await found('WITH a AS (SELECT x FROM nowhere) SELECT * FROM a')).toEqual(['error PLAN_UNKNOWN_SOURCE nowhere@25']);
    expect(await found('WITH a AS (SELECT x FRM demo) SELECT * FROM a')).toEqual(['error SQL_SYNTAX FRM@20 FROM']);
    expect(await found('SELECT a FROM typed UNION ALL SELECT bb FROM typed')).toEqual(['error PLAN_UNKNOWN_COLUMN bb@37']);
    expect(await found('WITH s AS (SELECT temperature AS temp FROM demo) SELECT tmp FROM s')).toEqual([
      'error PLAN_UNKNOWN_COLUMN tmp@56 temp',
    ]);
    expect(await found('SELECT temperatur FROM (SELECT devce FROM demo) AS s')).toEqual(['error PLAN_UNKNOWN_COLUMN temperatur@7']);
    expect(await found('SELECT devce FROM (SELECT devce FROM demo) AS s')).toEqual(['warning SQL_COLUMN_UNSEEN devce@26 device']);
    expect(await found('SELECT device FROM demo UNION ALL SELECT temperatre FROM demo')).toEqual([
      'warning SQL_COLUMN_UNSEEN temperatre@41 temperature',
    ]);
    // a step hides the stream of its name
    expect(await found('WITH demo AS (SELECT a AS temperatur FROM typed) SELECT temperatur FROM demo')).toEqual([]);
    const twice =
      'SELECT m FROM (SELECT count(*) AS m FROM demo GROUP BY COUNTWINDOW(2), COUNTWINDOW(3)) AS s GROUP BY COUNTWINDOW(2), COUNTWINDOW(5)';
    expect(await found(twice)).toEqual(['warning SQL_SECOND_WINDOW COUNTWINDOW(3)@71', 'warning SQL_SECOND_WINDOW COUNTWINDOW(5)@117']);
    const joined = 'SELECT typed.zz, demo.x, typed.A FROM demo INNER JOIN typed ON demo.device = typed.aa GROUP BY TUMBLINGWINDOW(ss, 1)';
    expect(await found(joined)).toEqual(['warning PLAN_UNKNOWN_COLUMN zz@13', 'warning PLAN_UNKNOWN_COLUMN aa@83']);
    rows = [];
  });

  test('a member of the body that is wrong is refused with what it may be', async () => {
    expect((await made.call('POST', '/sql/lint', { sql: 'x', kind: 'rul' })).text).toContain('kind: expected one of rule, script');
    expect((await made.call('POST', '/sql/lint', { sql: 5 })).text).toContain('sql: expected a text');
    expect((await made.call('POST', '/sql/complete', { sql: 'abc', offset: 4 })).text).toContain(
      'offset: expected a whole number from 0 to 3',
    );
    expect((await made.call('POST', '/sql/complete', { sql: 'abc', offset: 4 })).status).toBe(400);
  });
});

/** `|` is the cursor. */
const completeAt = async (marked: string): Promise<Completion> =>
  ask('/sql/complete', { sql: marked.replace('|', ''), offset: marked.indexOf('|') });
const labels = async (marked: string, kind?: string): Promise<string[]> =>
  (await completeAt(marked)).items.filter((i) => kind === undefined || i.kind === kind).map((i) => i.label);

// @covers issue:20#9
describe('POST /sql/complete', () => {
  test('behind FROM and JOIN stand streams and tables, and nothing else', async () => {
    expect(await labels('SELECT a FROM |')).toEqual(['demo', 'names', 'typed']);
    expect(await labels('SELECT a FROM demo INNER JOIN t|')).toEqual(['typed']);
  });

  test('the range is the whole word under the cursor, and the prefix counts in any case', async () => {
    const { start, end, items } = await completeAt('SELECT SUBstri|n FROM demo');
    expect([start, end, items.map((i) => i.label)]).toEqual([7, 15, ['substring']]);
    expect(items[0]).toMatchObject({ kind: 'function', insert: 'substring(' });
    expect(items[0]!.detail).toMatch(/^substring\(.*\) → string$/);
  });

  test('columns of the streams in scope come first, with their stream where there are several, also before FROM is reached', async () => {
    expect((await completeAt('SELECT | FROM typed')).items.slice(0, 2)).toEqual([
      { label: 'a', kind: 'column', detail: 'BIGINT', doc: 'Declared in CREATE.', insert: 'a' },
      { label: 'o', kind: 'column', detail: 'STRUCT(x FLOAT, name STRING)', doc: 'Declared in CREATE.', insert: 'o' },
    ]);
    const two = await completeAt('SELECT | FROM typed AS t INNER JOIN demo AS d ON t.a = d.a');
    expect(two.items.slice(0, 6).map((i) => i.insert)).toEqual(['t.a', 't.o', 'd.device', 'd.temperature', 't', 'd']);
  });

  test('in SELECTs of WITH, UNION ALL and FROM stand what they read, and steps that are made before', async () => {
    const steps = 'WITH s AS (SELECT a + 1 AS b, o->name, upper(a) FROM typed), t AS (SELECT *, 1 AS one FROM s)';
    expect(await labels(`${steps} SELECT x FROM |`)).toEqual(['s', 't', 'demo', 'names', 'typed']);
    expect(await labels(`${steps} SELECT | FROM s`, 'column')).toEqual(['b', 'name']);
    expect(await labels(`${steps} SELECT | FROM t`, 'column')).toEqual(['one', 'b', 'name']);
    // in the first step nothing is made yet
    expect(await labels('WITH s AS (SELECT a FROM |), t AS (SELECT b FROM s) SELECT b FROM t')).toEqual(['demo', 'names', 'typed']);
    expect(await labels('WITH s AS (SELECT | FROM typed) SELECT x FROM demo', 'column')).toEqual(['a', 'o']);
    expect(await labels('SELECT | FROM (SELECT a AS inner1 FROM typed) AS q', 'column')).toEqual(['inner1']);
    expect(await labels('SELECT x FROM (SELECT | FROM typed) AS q', 'column')).toEqual(['a', 'o']);
    expect(await labels('SELECT q.| FROM (SELECT a AS inner1 FROM typed) AS q')).toEqual(['inner1']);
    expect(await labels('SELECT device FROM demo UNION ALL SELECT | FROM typed', 'column')).toEqual(['a', 'o']);
    expect(await labels('SELECT | FROM demo UNION ALL SELECT a FROM typed', 'column')).toEqual(['device', 'temperature']);
    // aliases are those of the SELECT at hand
    expect(await labels('WITH s AS (SELECT a AS hidden FROM typed) SELECT b AS own FROM s WHERE o|', 'column')).toEqual(['own']);
    expect(await labels('WITH s AS (SELECT a AS hidden FROM typed) SELECT b AS own FROM demo WHERE hid|', 'column')).toEqual([]);
    // one that is not finished is understood too
    expect(await labels('WITH s AS (SELECT a AS b FROM typed) SELECT |', 'function')).toContain('abs');
    expect(await labels('WITH s AS (SELECT | FROM typed', 'column')).toEqual(['a', 'o']);
  });

  test('behind a dot and an arrow stand columns of the stream and members of the object', async () => {
    expect(await labels('SELECT t.| FROM typed AS t')).toEqual(['a', 'o']);
    expect(await labels('SELECT o->| FROM typed')).toEqual(['x', 'name']);
    expect(await labels('SELECT t.o->n| FROM typed AS t')).toEqual(['name']);
    expect(await labels('SELECT a->| FROM typed')).toEqual([]);
  });

  test('aliases of the select list, windows in GROUP BY, units in windows, metadata in meta()', async () => {
    expect(await labels('SELECT a + 1 AS sum1 FROM typed WHERE su|', 'column')).toEqual(['sum1']);
    expect(await labels('SELECT a FROM demo GROUP BY tum|', 'window')).toEqual(['TUMBLINGWINDOW']);
    expect(await labels('SELECT tum| FROM demo', 'window')).toEqual([]);
    expect(await labels('SELECT a FROM demo GROUP BY TUMBLINGWINDOW(m|')).toEqual(['ms', 'mi', 'month']);
    expect(await labels('SELECT meta(to|) FROM demo')).toEqual(['topic']);
  });

  test('nothing is offered in comments, in strings, and where a new name is made up', async () => {
    for (const at of ['SELECT a -- FR|', 'SELECT /* a| */ b', 'SELECT "ab|c" FROM demo', 'SELECT a AS |', 'SELECT a FROM demo -- x |\n'])
      expect(await labels(at), at).toEqual([]);
  });

  test('CREATE is completed from its words to types, options and their values', async () => {
    expect(await labels('CRE|')).toEqual(['CREATE STREAM', 'CREATE TABLE']);
    expect(await labels('CREATE |')).toEqual(['STREAM', 'TABLE']);
    expect(await labels('DROP S|')).toEqual(['STREAM']);
    expect(await labels('DROP TABLE |')).toEqual(['names']);
    expect(await labels('CREATE STREAM s (a B|')).toEqual(['BIGINT', 'BOOLEAN', 'BYTEA']);
    expect(await labels('CREATE STREAM s (|')).toEqual([]);
    expect(await labels('CREATE STREAM s () WITH (DATA|')).toEqual(['DATASOURCE']);
    expect(await labels('CREATE STREAM s () WITH (FORMAT="js|')).toEqual(['json']);
    expect((await completeAt('CREATE STREAM s () WITH (KIND=|)')).items.map((i) => i.insert)).toEqual(['"scan"', '"lookup"']);
  });
});

// @covers issue:20#9
describe('POST /sql/hover and /sql/format', () => {
  const hoverAt = async (marked: string) =>
    ask<{ start: number; end: number; markdown: string } | null>('/sql/hover', {
      sql: marked.replace('|', ''),
      offset: marked.indexOf('|'),
    });

  test('a function, a window, a clause, a column, a stream and an option say what they are', async () => {
    expect(await hoverAt('SELECT ab|s(a) FROM typed')).toMatchObject({
      start: 7,
      end: 10,
      markdown: expect.stringContaining('Absolute value'),
    });
    expect((await hoverAt('SELECT a FROM typed GROUP BY count|window(2)'))?.markdown).toContain('COUNTWINDOW(10)');
    expect((await hoverAt('SELECT a FROM typed WHE|RE a > 1'))?.markdown).toContain('Which rows count.');
    expect((await hoverAt('SELECT |a FROM typed'))?.markdown).toBe('`a` BIGINT: column of `typed`, declared');
    expect((await hoverAt('SELECT a FROM typ|ed'))?.markdown).toContain('`typed`: stream of type mqtt, format json\n- `a` BIGINT');
    expect((await hoverAt('CREATE STREAM s () WITH (FOR|MAT="json")'))?.markdown).toContain('How messages are written');
    expect(await hoverAt('SELECT nothing|known FROM typed')).toBeNull();
  });

  test('a name of a message is shown as code, whatever it holds', async () => {
    rows = [{ stream: 'demo', row: { '`<b>x</b>`\n# y': 1 } }];
    const shown = await ask<{ markdown: string }>('/sql/hover', { sql: 'SELECT a FROM demo', offset: 15 });
    expect(shown.markdown.split('\n').at(-1)).toBe('- `` `<b>x</b>` # y `` FLOAT');
    rows = [];
  });

  test('a statement is formatted, one with a mistake is refused with its place', async () => {
    expect(await ask('/sql/format', { sql: 'select a from demo -- x' })).toEqual({ sql: 'SELECT a FROM demo -- x' });
    const { status, text } = await made.call('POST', '/sql/format', { sql: 'select a frm demo' });
    expect([status, (JSON.parse(text) as { message: string }).message.split('\n')[1]]).toEqual([400, 'at line 1, column 10:']);
  });
});

describe('in a whole gateway', () => {
  let gateway: RealGateway;
  beforeAll(async () => {
    gateway = await realGateway({ KUIPER__BASIC__AUTHENTICATION: 'true' }, '', (root) => {
      mkdirSync(join(root, 'etc/mgmt'), { recursive: true });
      const hash = (token: string) => createHash('sha256').update(token).digest('hex');
      writeFileSync(join(root, 'etc/mgmt/tokens'), `boss admin ${hash('boss-token')}\npanel viewer ${hash('panel-token')}\n`, {
        mode: 0o600,
      });
    });
  });
  afterAll(() => gateway.close());
  const call = (token: string, method: string, path: string, body?: unknown) => gateway.call(method, path, body, { authorization: token });

  test('the catalog has columns of messages with guessed types and without values, and forgets streams that are gone', async () => {
    await call('boss-token', 'POST', '/streams', { sql: 'CREATE STREAM live () WITH (DATASOURCE="t/live", TYPE="memory", FORMAT="json")' });
    const rule = { id: 'r', sql: 'SELECT wanted, n FROM live', actions: [{ nop: {} }] };
    await call('boss-token', 'POST', '/rules', rule);
    await call('boss-token', 'POST', '/streams', { sql: 'CREATE STREAM feed () WITH (DATASOURCE="x", TYPE="simulator", CONF_KEY="feed")' });
    const columns = async () => {
      const { text } = await call('panel-token', 'GET', '/sql/catalog');
      return (JSON.parse(text) as EditorCatalog).sources.find((s) => s.name === 'live')?.columns;
    };
    await until(async () => JSON.stringify(await columns()) !== '[]', 'the rule runs');
    expect(await columns()).toEqual([
      { name: 'n', type: '', from: 'read' },
      { name: 'wanted', type: '', from: 'read' },
    ]);
    await call('boss-token', 'PUT', '/metadata/sources/simulator/confKeys/feed', {
      data: [{ n: 7, secretWord: 'xyzzy', ok: true, o: { x: 1.5, l: [1, 2] }, e: [] }],
      interval: '20ms',
      loop: true,
    });
    const feed = { id: 'feed', sql: 'SELECT * FROM feed', actions: [{ memory: { topic: 't/live', sendSingle: true } }] };
    expect((await call('boss-token', 'POST', '/rules', feed)).text).toContain('feed was created');
    await until(async () => (await columns())?.some((c) => c.from === 'seen') === true, 'a row came');
    expect((await columns())?.map((c) => [c.name, c.type, c.from]).sort()).toEqual([
      ['e', '', 'seen'],
      ['n', 'FLOAT', 'seen'],
      ['o', 'STRUCT(x FLOAT, l ARRAY(FLOAT))', 'seen'],
      ['ok', 'BOOLEAN', 'seen'],
      ['secretWord', 'STRING', 'seen'],
      ['wanted', '', 'read'],
    ]);
    expect((await call('panel-token', 'GET', '/sql/catalog')).text).not.toContain('xyzzy');
  });

  test('a token that may only read may ask all of it, and make nothing', async () => {
    for (const [path, body] of [
      ['/sql/lint', { sql: 'SELECT a FROM live' }],
      ['/sql/format', { sql: 'SELECT a FROM live' }],
      ['/sql/complete', { sql: 'SELECT a FROM ' }],
      ['/sql/hover', { sql: 'SELECT a FROM live', offset: 0 }],
    ] as const)
      expect((await call('panel-token', 'POST', path, body)).status, path).toBe(200);
    expect((await call('panel-token', 'DELETE', '/rules/r')).status).toBe(403);
    expect((await call('panel-token', 'POST', '/sql/lint/x', {})).status).toBe(403);
    expect((await call('panel-token', 'PUT', '/sql/lint', {})).status).toBe(403);
    expect((await gateway.call('POST', '/sql/lint', { sql: 'SELECT 1' })).status).toBe(401);
  });
});
