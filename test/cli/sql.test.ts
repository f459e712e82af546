// `kuiper sql lint|fmt|explain|diff`: for people, for pipes and for CI.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { drawPicture, pictureOfPlan, pictureOfTopo } from '../../src/cli/plan-picture.ts';
import type { RestServer } from '../../src/rest/server.ts';
import type { SqlDiff } from '../../src/service/editor/index.ts';
import { realGateway } from '../helpers/real-gateway.ts';
import { makeService } from '../service/make-service.ts';
import { restOf } from './rest-of.ts';

let made: Awaited<ReturnType<typeof makeService>>;
let server: RestServer;
let folder: string;
beforeAll(async () => {
  made = await makeService();
  server = await restOf(made);
  folder = mkdtempSync(join(tmpdir(), 'kuiper-sql-'));
  await made.sql('CREATE STREAM demo (a BIGINT) WITH (DATASOURCE="demo")');
  await made.sql('CREATE STREAM free () WITH (DATASOURCE="free")');
  await made.call('POST', '/rules', { id: 'r', sql: 'SELECT a FROM demo WHERE a > 1', actions: [{ log: {} }] });
});
afterAll(async () => {
  server.destroy();
  await server.close();
  await made.close();
  rmSync(folder, { recursive: true, force: true });
});

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

async function kuiper(args: string[], { terminal = false, url = server.url } = {}): Promise<{ out: string; err: string; code: number }> {
  let out = '';
  let err = '';
  const code = await runCli(
    ['--url', url, ...args],
    {},
    {
      out: (t) => (out += `${t}\n`),
      err: (t) => (err += `${t}\n`),
      terminal,
      columns: 100,
      color: false,
    },
  );
  return { out, err, code };
}

// @covers issue:20#9
describe('kuiper sql lint', () => {
  test('shows place, caret and cure, and ends with 1 when there are errors', async () => {
    const bad = file('bad.sql', 'SHOW STREAMS;\nSELECT avgg(a) FROM demo;');
    expect(await kuiper(['sql', 'lint', bad], { terminal: true })).toEqual({
      out: `${bad}:2:8: error SQL_UNKNOWN_FUNCTION: function avgg not found
  SELECT avgg(a) FROM demo;
         ^^^^
hint: did you mean avg?
1 checked: 1 errors, 0 warnings
`,
      err: '',
      code: 1,
    });
  });

  test('gives a pipe JSON with every diagnostic by file, and 0 when all is well', async () => {
    const good = file('good.sql', 'SELECT a FROM demo');
    const { out, err, code } = await kuiper(['sql', 'lint', good]);
    expect([JSON.parse(out), err, code]).toEqual([[{ file: good, ok: true, diagnostics: [] }], '', 0]);
  });

  test('knows the streams of the gateway, and without one those of the files, taking others as given', async () => {
    const text =
      'CREATE STREAM typed (b BIGINT) WITH (DATASOURCE="x", TYPE="memory");\nSELECT b FROM typed;\nSELECT c FROM typed;\nSELECT d FROM elsewhere';
    const mixed = file('mixed.sql', text);
    const codes = async (...args: string[]) => {
      const { out, code } = await kuiper(['sql', 'lint', mixed, ...args]);
      return [
        ...(JSON.parse(out) as { diagnostics: { code: string; range: { start: { line: number } } }[] }[])[0]!.diagnostics,
        { code: `exit ${code}`, range: { start: { line: 0 } } },
      ].map((d) => `${d.range.start.line} ${d.code}`);
    };
    expect(await codes()).toEqual(['3 PLAN_UNKNOWN_COLUMN', '4 PLAN_UNKNOWN_SOURCE', '0 exit 1']);
    expect(await codes('--offline')).toEqual(['3 PLAN_UNKNOWN_COLUMN', '0 exit 1']);
    const away = await kuiper(['sql', 'lint', '--sql', 'SELECT a FROM any'], { url: 'http://127.0.0.1:9' });
    expect([away.code, away.err]).toEqual([0, expect.stringContaining('No gateway answers')]);
  });

  test('reads rules and exports of JSON, names the rule, and takes its option sqlCompatibility', async () => {
    const month = 'SELECT count(*) FROM free GROUP BY TUMBLINGWINDOW(month, 1)';
    const rules = file(
      'rules.json',
      JSON.stringify([
        { id: 'x', sql: month },
        { id: 'y', sql: month, options: { sqlCompatibility: 'ekuiper' } },
      ]),
    );
    const shown = JSON.parse((await kuiper(['sql', 'lint', rules])).out) as { file: string; ok: boolean }[];
    expect(shown.map((s) => [s.file, s.ok])).toEqual([
      [`${rules}#x`, true],
      [`${rules}#y`, false],
    ]);
    const all = file(
      'all.json',
      JSON.stringify({
        streams: { s: 'CREATE STREAM s () WITH (DATASOURCE="x", FORMAT="jso")' },
        tables: {},
        rules: { z: JSON.stringify({ sql: 'SELECT a FRM demo' }) },
      }),
    );
    const found = JSON.parse((await kuiper(['sql', 'lint', '--offline', all])).out) as { file: string; diagnostics: { code: string }[] }[];
    expect(found.map((s) => [s.file, s.diagnostics.map((d) => d.code)])).toEqual([
      [`${all}#s`, ['SQL_FORMAT']],
      [`${all}#z`, ['SQL_SYNTAX']],
    ]);
    expect((await kuiper(['sql', 'lint', file('none.json', '{}')])).err).toContain('has neither rules nor streams');
  });

  test('with --warnings a warning is enough to end with 1', async () => {
    const rule = file('two.json', JSON.stringify({ id: 'x', sql: 'SELECT a FROM demo; SELECT' }));
    expect((await kuiper(['sql', 'lint', rule])).code).toBe(0);
    expect((await kuiper(['sql', 'lint', '--warnings', rule])).code).toBe(1);
  });

  test('says what it wants when it gets nothing', async () => {
    expect(await kuiper(['sql', 'lint'])).toEqual({ out: '', err: 'Expect files with SQL, - for standard input, or --sql.\n', code: 2 });
    expect((await kuiper(['sql', 'lint', join(folder, 'missing.sql')])).code).toBe(2);
  });
});

// @covers issue:20#9
describe('kuiper sql fmt', () => {
  const ugly = 'select a,b -- why\nfrom demo';
  const pretty = 'SELECT a, b -- why\nFROM demo\n';

  test('prints, checks and writes; a second time there is nothing to write', async () => {
    const path = file('ugly.sql', ugly);
    expect(await kuiper(['sql', 'fmt', path], { terminal: true })).toEqual({ out: pretty, err: '', code: 0 });
    expect(await kuiper(['sql', 'fmt', '--check', path], { terminal: true })).toEqual({ out: `${path}\n`, err: '', code: 1 });
    expect(readFileSync(path, 'utf8')).toBe(ugly);
    expect(await kuiper(['sql', 'fmt', '--write', path], { terminal: true })).toEqual({ out: `${path}\n`, err: '', code: 0 });
    expect(readFileSync(path, 'utf8')).toBe(pretty);
    const { mtimeMs, mode } = statSync(path);
    expect(await kuiper(['sql', 'fmt', '--write', path], { terminal: true })).toEqual({ out: '', err: '', code: 0 });
    expect([statSync(path).mtimeMs, statSync(path).mode]).toEqual([mtimeMs, mode]);
    expect((await kuiper(['sql', 'fmt', '--check', path])).code).toBe(0);
  });

  test('a file with a mistake is left as it is and told, the others are written, and the code is 1', async () => {
    const [bad, good] = [file('bad2.sql', 'select a frm demo'), file('ugly2.sql', ugly)];
    const { err, code } = await kuiper(['sql', 'fmt', '--write', bad, good]);
    expect([code, err.split('\n')[1]]).toEqual([1, 'at line 1, column 10:']);
    expect(err.startsWith(`${bad}: found "frm", expected FROM.`)).toBe(true);
    expect([readFileSync(bad, 'utf8'), readFileSync(good, 'utf8')]).toEqual(['select a frm demo', pretty]);
  });

  test('a pipe gets JSON, and flags that exclude each other are refused', async () => {
    expect(JSON.parse((await kuiper(['sql', 'fmt', '--sql', 'show streams'])).out)).toEqual([
      { file: '-', changed: true, sql: 'SHOW STREAMS' },
    ]);
    for (const args of [['--check', '--write', 'x.sql'], ['--write', '-'], ['--write', '--sql', 'x'], ['x.json'], []])
      expect((await kuiper(['sql', 'fmt', ...args])).code, args.join(' ')).toBe(2);
  });

  test('is a filter between standard input and output', () => {
    const main = join(import.meta.dirname, '../../src/cli/main.ts');
    const out = execFileSync(process.execPath, [main, '--table', 'sql', 'fmt', '-'], { input: ugly, encoding: 'utf8' });
    expect(out).toBe(pretty);
  });
});

// @covers issue:23#3
describe('kuiper sql explain and explain rule', () => {
  test('print the plan as text, for Graphviz and for Mermaid', async () => {
    const text = (await kuiper(['sql', 'explain', '--sql', 'SELECT a FROM demo WHERE a > 1'])).out;
    expect(text).toBe((await kuiper(['explain', 'rule', 'r'])).out);
    expect(text.split('\n')[0]).toMatch(/^\{"op":"ProjectPlan_0"/);
    const dot = (await kuiper(['explain', 'rule', 'r', '--dot'])).out;
    expect(dot).toMatch(/^digraph rule \{\n {2}rankdir=LR;/);
    expect(dot).toContain('n0 [label="ProjectPlan_0\\nFields:[ demo.a ]"];');
    expect(dot).toContain('  n1 -> n0;');
    const mermaid = (await kuiper(['sql', 'explain', '--sql', 'SELECT a FROM demo WHERE a > 1', '--mermaid'])).out;
    expect(mermaid).toMatch(/^flowchart LR\n {2}n0\["ProjectPlan_0<br\/>Fields:\[ demo\.a \]"\]\n/);
    expect((await kuiper(['explain', 'rule', 'r', '--dot', '--mermaid'])).code).toBe(2);
    expect((await kuiper(['sql', 'explain', '--sql', 'SELECT a FROM nowhere'])).code).toBe(1);
  });

  test('a graph has its nodes as picture, and what users wrote is quoted for both languages', () => {
    const topo = pictureOfTopo({ sources: ['source_a'], edges: { source_a: ['op_b'], op_b: ['sink_c'] } });
    expect(drawPicture(topo, 'mermaid').split('\n').slice(1)).toEqual([
      '  n0["source_a"]',
      '  n1["op_b"]',
      '  n2["sink_c"]',
      '  n0 --> n1',
      '  n1 --> n2',
    ]);
    const hostile = pictureOfPlan(JSON.stringify({ op: 'A', info: '"]; x -> y; <script>\n\\' }));
    expect(drawPicture(hostile, 'dot')).toContain('[label="A\\n\\"]; x -> y; <script>\\n\\\\"];');
    expect(drawPicture(hostile, 'mermaid')).toContain('n0["A<br/>#34;]#59; x -#62; y#59; #60;script#62;#10;#92;"]');
  });
});

// @covers issue:20#0
describe('kuiper sql diff', () => {
  const rows = '{"v":0.6}\n{"v":1.2}\n{"v":4.5}\n';
  const sql = 'SELECT sum(CASE WHEN v > 1 THEN v ELSE 0 END) AS s FROM free GROUP BY COUNTWINDOW(3)';

  test('shows both answers to the same rows side by side, and ends with 4 when they differ', async () => {
    const path = file('rows.jsonl', rows);
    const shown = await kuiper(['sql', 'diff', '--sql', sql, '--rows', path], { terminal: true });
    expect(shown).toEqual({
      out: `AFTER ROW  STANDARD   EKUIPER
        3  {"s":5.7}  {"s":5}
1 differences in the results of 3 rows.
`,
      err: '',
      code: 4,
    });
    const { out, code } = await kuiper(['sql', 'diff', '--sql', sql, '--rows', path]);
    const diff = JSON.parse(out) as SqlDiff;
    expect([code, diff.same, diff.rows, diff.differences]).toEqual([
      4,
      false,
      3,
      [{ afterRow: 3, standard: [{ s: 5.7 }], ekuiper: [{ s: 5 }] }],
    ]);
  });

  test('a rule is named, and a rule whose answers are the same ends with 0', async () => {
    const path = file('same.jsonl', '{"a":1}\n{"a":9007199254740993}\n');
    const { out, code } = await kuiper(['sql', 'diff', 'r', '--rows', path]);
    const diff = JSON.parse(out) as SqlDiff;
    expect([code, diff.same, diff.differences]).toEqual([0, true, []]);
    expect(out).toContain('9007199254740993');
    expect((await kuiper(['sql', 'diff', 'nobody', '--rows', path])).err).toContain('nobody');
  });

  test('what one side refuses, or fails on, is its answer', async () => {
    const path = file('rows2.jsonl', '{"v":1}\n{"v":"x"}\n');
    const month = await kuiper(['sql', 'diff', '--sql', 'SELECT count(*) FROM free GROUP BY TUMBLINGWINDOW(month, 1)', '--rows', path], {
      terminal: true,
    });
    expect(month.out).toMatch(/^ekuiper refuses the statement: /);
    expect(month.code).toBe(4);
    const failing = await kuiper(['sql', 'diff', '--sql', 'SELECT v + 1 AS w FROM free', '--rows', path], { terminal: true });
    expect(failing.out).toMatch(/^standard: 1 rows failed: .*\nekuiper: 1 rows failed: /);
  });

  test('windows end in virtual time, rows come at their own times, and joins read several streams', async () => {
    const timed = [0, 4_000, 11_000]
      .map((ms) => JSON.stringify({ stream: 'free', row: { v: 1 }, atMs: Date.UTC(2026, 0, 1) + ms }))
      .join('\n');
    const ask = async (body: object) => JSON.parse((await made.call('POST', '/sql/diff', body)).text) as SqlDiff;
    const windows = await ask({ sql: 'SELECT count(*) AS n FROM free GROUP BY TUMBLINGWINDOW(ss, 10)', rows: timed });
    if (windows.standard.refused !== undefined) throw new Error(windows.standard.refused);
    expect(windows.standard.results.slice(0, 2).map((r) => [r.afterRow, r.rows])).toEqual([
      [2, [{ n: 2 }]],
      [3, [{ n: 1 }]],
    ]);
    const join = await ask({
      sql: 'SELECT demo.a, free.v FROM demo INNER JOIN free ON demo.a = free.v GROUP BY COUNTWINDOW(2)',
      rows: '{"stream":"demo","row":{"a":7}}\n{"stream":"free","row":{"v":7}}',
    });
    if (join.standard.refused !== undefined) throw new Error(join.standard.refused);
    expect(join.standard.results.map((r) => r.rows)).toEqual([[{ a: 7, v: 7 }]]);
  });

  test('rows that cannot be read are refused with their line', async () => {
    const refusal = async (lines: string) => (await made.call('POST', '/sql/diff', { rule: 'r', rows: lines })).text;
    expect(await refusal('{"a":1}\n{"a":')).toContain('rows, line 2: ');
    expect(await refusal('\n[1]')).toContain('rows, line 2: expected a JSON object');
    expect(await refusal('{"stream":"other","row":{}}')).toContain('rows, line 1: the statement does not read other, but demo');
    expect(await refusal('{"stream":"demo","row":{},"atMs":"x"}')).toContain('rows, line 1: atMs: expected milliseconds since 1970');
    expect((await made.call('POST', '/sql/diff', { rule: 'r', sql: 'x' })).text).toContain('expected rule or sql, one of them');
    // a row of its own with these columns is a row
    const own = JSON.parse((await made.call('POST', '/sql/diff', { rule: 'r', rows: '{"stream":"x","row":{},"a":5}' })).text) as SqlDiff;
    expect(own.standard.refused === undefined && own.standard.results[0]?.rows).toEqual([{ a: 5 }]);
  });

  test('without a file the rows are those that the streams of the rule give while it waits', async () => {
    const gateway = await realGateway();
    try {
      await gateway.call('PUT', '/metadata/sources/simulator/confKeys/feed', {
        data: [{ v: 0.6 }, { v: 1.2 }, { v: 4.5 }],
        interval: '20ms',
        loop: true,
      });
      await gateway.call('POST', '/streams', { sql: 'CREATE STREAM free () WITH (DATASOURCE="x", TYPE="simulator", CONF_KEY="feed")' });
      await gateway.call('POST', '/rules', { id: 'sums', sql, actions: [{ nop: {} }] });
      const { out, err, code } = await kuiper(['sql', 'diff', 'sums', '--seconds', '2'], { url: gateway.url });
      const diff = JSON.parse(out) as SqlDiff;
      expect([code, diff.same, err]).toEqual([4, false, 'Waiting 2 s for rows of free …\n']);
      expect(diff.rows).toBeGreaterThan(3);
      expect(diff.differences[0]).toMatchObject({ afterRow: 3, standard: [{ s: 5.7 }], ekuiper: [{ s: 5 }] });
    } finally {
      await gateway.close();
    }
  });
});
