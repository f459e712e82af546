// Messages that would stop the gateway if one message might cost anything: each is an error of its rule, with rule, function and size in
// words, goes to the dead letters and is confirmed; the rule beside it delivers everything.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defaultBudgetLimits } from '../../src/base/budget.ts';
import { compileRule } from '../../src/compile/index.ts';
import type { Props } from '../../src/contract/props.ts';
import type { RuleProgram } from '../../src/exec/operator.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { planRule } from '../../src/plan/index.ts';
import { parseSelect } from '../../src/sql/index.ts';
import { stream } from '../helpers/program.ts';
import { type Harness, harness } from './harness.ts';

const functions = createFunctionCatalogue();
const compiled = (sql: string): RuleProgram => {
  const sources = [stream('evil'), stream('good')];
  const find = (name: string) => sources.find((s) => s.name === name);
  return compileRule(planRule(parseSelect(sql), { source: find, names: () => ['evil', 'good'], functions }, { sql }));
};

let h: Harness;
let confirmed: string[];
beforeEach(() => {
  // what counts here is work; the clock has a test of its own
  h = harness({ settings: { rowBudget: { ...defaultBudgetLimits, maxTimeMs: 60_000 } } });
  confirmed = [];
});
afterEach(() => h.end());

const list = (n: number, make: (i: number) => string): string => `[${Array.from({ length: n }, (_, i) => make(i)).join(',')}]`;
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

/** Both rules at work; the bad one gets the message between the hundred of the good one. */
async function run(
  sql: string,
  message: string,
  props: Props = {},
): Promise<{ bad: string[]; deaths: Record<string, unknown>[]; tookMs: number }> {
  const actions = [
    { as: 'bad', ...props },
    { as: 'dead', deadLetter: true },
  ];
  const bad = h.runtime.createRule(h.define('bad', compiled(sql), { actions }));
  const good = h.runtime.createRule(h.define('good', compiled('SELECT a + 1 AS n FROM good'), { actions: [{ as: 'good' }] }));
  await bad.start();
  await good.start();
  const source = (name: string) => h.sources.find((s) => s.datasource === name)!;
  const publish = (to: string, text: string) => source(to).emit(Buffer.from(text), undefined, () => void confirmed.push(to));
  for (let i = 0; i < 50; i++) publish('good', `{"a":${i}}`);
  const from = process.threadCpuUsage();
  publish('evil', message);
  const used = process.threadCpuUsage(from);
  for (let i = 50; i < 100; i++) publish('good', `{"a":${i}}`);
  publish('evil', '{"o":[],"p":[],"s":"x"}');
  expect(h.sinkNamed('good').rows()).toEqual(Array.from({ length: 100 }, (_, i) => ({ n: i + 1 })));
  expect(confirmed.filter((c) => c === 'good').length).toBe(100);
  // the message is done with: the broker does not give it out again
  expect(confirmed.filter((c) => c === 'evil').length).toBe(2);
  return {
    bad: h.sinkNamed('bad').got.map(String),
    deaths: h.sinkNamed('dead').rows(),
    tookMs: (used.user + used.system) / 1000,
  };
}

describe('a poison message is an error of its rule and nothing else', () => {
  // @covers finding:security#D1
  it.each([
    [
      'array_join with a long delimiter',
      'SELECT array_join(o, s, s) AS v FROM evil',
      `{"o":${list(20_000, () => '1')},"s":"${'x'.repeat(20_000)}"}`,
      'rule bad, function array_join: the result would be 763 MB; the limit for one row is 64 MB',
    ],
    [
      'three descents of a path',
      'SELECT json_path_query(o, "$..*..*..*") AS v FROM evil',
      `{"o":${nested(490)}}`,
      'rule bad, function json_path_query: the work is more than 2,000,000 steps',
    ],
    [
      'lists in lists',
      'SELECT array_create(o, o, o, o, o, o, o, o, o, o) AS b, to_json(array_create(b, b, b, b, b, b, b, b, b, b)) AS v FROM evil',
      `{"o":${list(20_000, () => '"12345678"')}}`,
      'rule bad, function to_json: the work is more than 2,000,000 steps',
    ],
    [
      'a text that doubles',
      'SELECT concat(s, s, s, s, s, s, s, s, s, s, s, s, s, s, s, s) AS b, concat(b, b, b, b, b, b, b, b, b, b) AS v FROM evil',
      `{"s":"${'x'.repeat(500_000)}"}`,
      'rule bad, function concat: the results of this row would be',
    ],
    [
      'fifty columns of one list',
      `SELECT ${Array.from({ length: 50 }, (_, i) => `array_remove(o, ${i}) AS c${i}`).join(', ')} FROM evil`,
      `{"o":${list(120_000, (i) => String(i))}}`,
      'rule bad, function array_remove: the work is more than 2,000,000 steps',
    ],
    [
      'a search for a text that nearly occurs',
      'SELECT o, CASE WHEN s LIKE concat("%", o, "%") THEN 1 ELSE 0 END AS v FROM evil',
      `{"o":"${'a'.repeat(200_000)}b${'a'.repeat(200_000)}","s":"${'a'.repeat(500_000)}"}`,
      undefined,
    ],
  ])('%s', async (_name, sql, message, text) => {
    const { deaths, bad } = await run(sql, message);
    if (text === undefined) {
      expect(deaths).toEqual([]);
      expect(bad.length).toBe(2);
      return;
    }
    expect(deaths.length).toBe(1);
    expect(deaths[0]).toMatchObject({ rule: 'bad', kind: 'operator' });
    expect(deaths[0]!['reason']).toContain(text);
    expect(deaths[0]!['reason']).toContain('basic.rowBudget');
    expect(bad.length).toBe(1);
  });

  // @covers finding:security#D1
  it.each([
    [
      'array_union of 50,000 arrays with itself',
      'SELECT cardinality(array_union(o, o)) AS v FROM evil',
      `{"o":${list(50_000, (i) => `[${i}]`)}}`,
      50_000,
    ],
    [
      'array_except of 2 × 30,000 objects',
      'SELECT cardinality(array_except(o, p)) AS v FROM evil',
      `{"o":${list(30_000, (i) => `{"a":${i}}`)},"p":${list(30_000, (i) => `{"a":${i + 15_000}}`)}}`,
      15_000,
    ],
    [
      'array_intersect of 10,000 objects with itself',
      'SELECT cardinality(array_intersect(o, o)) AS v FROM evil',
      `{"o":${list(10_000, (i) => `{"a":${i}}`)}}`,
      10_000,
    ],
    [
      'a path of two descents, nested 490 deep',
      'SELECT cardinality(json_path_query(o, "$..*..*")) AS v FROM evil',
      `{"o":${nested(490)}}`,
      (490 * 489) / 2,
    ],
  ])('%s is answered', async (_name, sql, message, expected) => {
    const { bad, deaths } = await run(sql, message);
    expect(deaths).toEqual([]);
    expect(JSON.parse(bad[0]!)).toEqual([{ v: expected }]);
  });

  // @covers finding:security#D1
  it('a path whose matches would print as hundreds of megabytes fails when it is printed', async () => {
    const { deaths, bad } = await run('SELECT json_path_query(o, "$..*..*") AS v FROM evil', `{"o":${nested(490)}}`);
    expect(bad.length).toBe(1);
    expect(deaths.length).toBe(1);
    expect(deaths[0]!['reason']).toContain('rule bad, sink fake_0: the work is more than');
  });

  // @covers finding:security#D1
  it('a template of four nested ranges over 60 elements', async () => {
    const range = '{{range $.o}}'.repeat(4) + 'x' + '{{end}}'.repeat(4);
    const { deaths } = await run('SELECT o FROM evil', `{"o":${list(60, (i) => String(i))}}`, {
      dataTemplate: `{{with index . 0}}${range.replaceAll('$.o', '$x.o')}{{end}}`.replace('{{with index . 0}}', '{{with $x := index . 0}}'),
    });
    expect(deaths.length).toBe(1);
    expect(deaths[0]).toMatchObject({ rule: 'bad', kind: 'sink', op: 'fake_0' });
    expect(deaths[0]!['reason']).toContain('rule bad, sink fake_0: the work is more than');
  });

  // @covers finding:security#D1
  it('a payload of a million brackets is refused before it is parsed', async () => {
    const { deaths } = await run('SELECT o FROM evil', '['.repeat(500_000) + ']'.repeat(500_000));
    expect(deaths.length).toBe(1);
    expect(deaths[0]).toMatchObject({
      rule: 'bad',
      kind: 'source',
      reason: 'invalid JSON payload: a value is nested more than 500 levels deep',
    });
  });
});

describe('what one message may cost', () => {
  it('is for all rows of the message together', async () => {
    const { deaths, bad } = await run('SELECT sequence(1 * 1, n) AS v FROM evil', `${list(200, () => '{"n":90000}')}`);
    expect(deaths.length).toBeGreaterThan(150);
    expect(bad.length).toBeLessThan(50);
  });

  it('is each rule’s own: a rule that has used it up leaves the others theirs', async () => {
    const costly = 'SELECT json_path_query(o, "$..*..*..*") AS v FROM good';
    const first = h.runtime.createRule(h.define('first', compiled(costly), { actions: [{ as: 'first' }] }));
    const second = h.runtime.createRule(h.define('second', compiled('SELECT to_json(o) AS v FROM good'), { actions: [{ as: 'second' }] }));
    await first.start();
    await second.start();
    h.sources[0]!.emit(Buffer.from(`{"o":${nested(490)}}`), undefined);
    expect(h.sinkNamed('first').got).toEqual([]);
    expect(h.sinkNamed('second').rows()).toEqual([{ v: nested(490) }]);
    expect(JSON.stringify(first.status())).toContain('rule first, function json_path_query');
  });

  it('is raised by the settings', async () => {
    await h.end();
    h = harness({ settings: { rowBudget: { maxSteps: 50_000_000, maxBytes: 1_000_000_000, maxTimeMs: 60_000 } } });
    const { deaths } = await run('SELECT cardinality(json_path_query(o, "$..*..*..*")) AS v FROM evil', `{"o":${nested(220)}}`);
    expect(deaths).toEqual([]);
  });
});
