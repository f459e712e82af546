// Rules as SQL of Flink and RisingWave: golden texts, what cannot be said, and the parsers of the engines themselves over everything that we print.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadModule, parseSync } from 'libpg-query';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import type { Translation } from '../../src/service/translate/index.ts';
import { restOf } from '../cli/rest-of.ts';
import { haveFile, havePart } from '../helpers/parts.ts';
import { makeService } from '../service/make-service.ts';

const LIB = join(import.meta.dirname, '../../.cache/flink/lib');
const haveFlink =
  haveFile(join(LIB, 'flink-sql-parser-2.0.0.jar'), "Flink's parser (scripts/test-deps.sh)") && havePart('java', 'openjdk-17-jre-headless');

let made: Awaited<ReturnType<typeof makeService>>;
beforeAll(async () => {
  made = await makeService();
  await made.sql(
    'CREATE STREAM demo (id BIGINT, t FLOAT, name STRING, ok BOOLEAN, ts BIGINT, loc STRUCT(lat FLOAT, lon FLOAT), tags ARRAY(STRING)) WITH (DATASOURCE="hall/3", FORMAT="JSON", TIMESTAMP="ts")',
  );
  await made.sql('CREATE STREAM loose () WITH (DATASOURCE="x", FORMAT="JSON")');
  await loadModule();
});
afterAll(() => made.close());

let n = 0;
const of = async (sql: string, to: string, options: object = {}): Promise<Translation> => {
  const id = `r${++n}`;
  const answer = await made.call('POST', '/rules', { id, sql, actions: [{ mqtt: { server: 'tcp://x', topic: 'out' } }], options });
  expect(answer.status, answer.text).toBe(201);
  return JSON.parse((await made.call('GET', `/rules/${id}/translate?to=${to}`)).text) as Translation;
};
const queryOf = (t: Translation) => t.sql.slice(t.sql.indexOf(' AS\n') + 4).trim();

describe('a rule for Flink', () => {
  // @covers issue:22#6
  test('is a table over Kafka and a view, with windows of processing time', async () => {
    const t = await of(
      'SELECT id, avg(t) AS mean, count(*) AS n FROM demo WHERE t > 50 AND name LIKE "a%" GROUP BY TUMBLINGWINDOW(ss, 10), id HAVING count(*) > 2',
      'flink',
    );
    expect(t.cannot).toEqual([]);
    expect(t.sql).toBe(`CREATE TABLE \`demo\` (
  \`id\` BIGINT,
  \`t\` DOUBLE,
  \`name\` STRING,
  \`ok\` BOOLEAN,
  \`ts\` BIGINT,
  \`loc\` ROW<\`lat\` DOUBLE, \`lon\` DOUBLE>,
  \`tags\` ARRAY<STRING>,
  \`proc_time\` AS PROCTIME()
) WITH (
  'connector' = 'kafka',
  'topic' = 'hall.3',
  'properties.bootstrap.servers' = 'KAFKA:9092',
  'scan.startup.mode' = 'latest-offset',
  'format' = 'json'
);

CREATE VIEW \`r${n}\` AS
SELECT \`id\` AS \`id\`, AVG(\`t\`) AS \`mean\`, COUNT(*) AS \`n\`
FROM TABLE(TUMBLE(TABLE \`demo\`, DESCRIPTOR(\`proc_time\`), INTERVAL '10' SECOND)) AS \`demo\`
WHERE (\`t\` > 50) AND (\`name\` LIKE 'a%')
GROUP BY window_start, window_end, \`id\`
HAVING COUNT(*) > 2;
`);
    expect(t.notes).toEqual([
      'the actions of the rule (mqtt) are not translated: write a sink of Flink SQL over the view',
      'a row that cannot be computed is an error of that row here; there it may end the job',
      'Flink has no connector for mqtt: the table reads Kafka; bring hall/3 there, and put your servers in',
    ]);
  });

  test('follows the time of events with a watermark of its tolerance', async () => {
    const t = await of('SELECT max(t) AS m, window_end() AS e FROM demo GROUP BY HOPPINGWINDOW(mi, 5, 1)', 'flink', {
      isEventTime: true,
      lateTolerance: '2s',
    });
    expect(t.sql).toContain(
      "  `event_time` AS TO_TIMESTAMP_LTZ(`ts`, 3),\n  WATERMARK FOR `event_time` AS `event_time` - INTERVAL '2' SECOND\n)",
    );
    expect(queryOf(t)).toBe(
      "SELECT MAX(`t`) AS `m`, window_end AS `e`\nFROM TABLE(HOP(TABLE `demo`, DESCRIPTOR(`event_time`), INTERVAL '60' SECOND, INTERVAL '300.000' SECOND(3, 3))) AS `demo`\nGROUP BY window_start, window_end;",
    );
    expect(t.notes).toContain('window_start and window_end are milliseconds here, and a TIMESTAMP there');
  });
});

describe('a rule for RisingWave', () => {
  // @covers issue:22#6
  test('is a source over MQTT and a materialised view', async () => {
    const t = await of('SELECT id, sum(t) AS s FROM demo AS d WHERE d.ok GROUP BY TUMBLINGWINDOW(ss, 10), id', 'risingwave', {
      isEventTime: true,
    });
    expect(t.cannot).toEqual([]);
    expect(t.sql).toBe(`CREATE SOURCE "demo" (
  "id" BIGINT,
  "t" DOUBLE PRECISION,
  "name" VARCHAR,
  "ok" BOOLEAN,
  "ts" BIGINT,
  "loc" STRUCT<"lat" DOUBLE PRECISION, "lon" DOUBLE PRECISION>,
  "tags" VARCHAR[],
  "event_time" TIMESTAMPTZ AS TO_TIMESTAMP("ts" / 1000.0),
  WATERMARK FOR "event_time" AS "event_time" - INTERVAL '1 second'
) WITH (
  connector = 'mqtt',
  url = 'tcp://BROKER:1883',
  topic = 'hall/3',
  qos = 'at_least_once'
) FORMAT PLAIN ENCODE JSON;

CREATE MATERIALIZED VIEW "r${n}" AS
SELECT "id" AS "id", SUM("t") AS "s"
FROM TUMBLE("demo", "event_time", INTERVAL '10 second') AS "d"
WHERE "d"."ok"
GROUP BY window_start, window_end, "id";
`);
  });

  test('without a time of events has no windows that end', async () => {
    const t = await of('SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 10)', 'risingwave');
    expect(t.sql).toBe('');
    expect(t.cannot).toEqual([
      'tumblingwindow(SS, 10): a window ends with the time of events only: set isEventTime, and TIMESTAMP on the stream'.replace(
        'tumblingwindow',
        'TUMBLINGWINDOW',
      ),
    ]);
  });
});

describe('an expression', () => {
  const select = async (expr: string, to: string) => {
    const t = await of(`SELECT ${expr} AS x FROM demo`, to, { isEventTime: true });
    return t.cannot.length > 0 ? t.cannot.join() : /SELECT (.*) AS .x.$/m.exec(queryOf(t))![1];
  };
  test.each([
    ['t * 2 - 1', '(`t` * 2) - 1', '("t" * 2) - 1'],
    ['-t', '-(`t`)', '-("t")'],
    ['1.5', '1.5E0', '1.5E0'],
    ['id != 3', '`id` <> 3', '"id" <> 3'],
    ['"it\'s"', "'it''s'", "'it''s'"],
    ['loc->lat', '`loc`.`lat`', '("loc")."lat"'],
    ['loc.lat', '`loc`.`lat`', '("loc")."lat"'],
    ['tags[0]', '`tags`[1]', '("tags")[1]'],
    ['demo.t', '`demo`.`t`', '"demo"."t"'],
    ['CASE WHEN t > 1 THEN "a" ELSE "b" END', "CASE WHEN `t` > 1 THEN 'a' ELSE 'b' END", `CASE WHEN "t" > 1 THEN 'a' ELSE 'b' END`],
    ['t BETWEEN 1 AND 2 OR id IN (1, 2)', '(`t` BETWEEN 1 AND 2) OR (`id` IN (1, 2))', '("t" BETWEEN 1 AND 2) OR ("id" IN (1, 2))'],
    ['name IS NOT NULL', '`name` IS NOT NULL', '"name" IS NOT NULL'],
    ['upper(concat(name, "x"))', "UPPER(CONCAT(`name`, 'x'))", `UPPER(CONCAT("name", 'x'))`],
    ['substring(name, 1, 3)', 'SUBSTRING(`name` FROM (1) + 1 FOR (3) - (1))', 'SUBSTRING("name" FROM (1) + 1 FOR (3) - (1))'],
    ['cast(t, "bigint")', 'CAST(`t` AS BIGINT)', 'CAST("t" AS BIGINT)'],
    [
      'lag(t) OVER (PARTITION BY id)',
      'LAG(`t`) OVER (PARTITION BY `id` ORDER BY `event_time`)',
      'LAG("t") OVER (PARTITION BY "id" ORDER BY "event_time")',
    ],
    ['id & 3', 'id & 3: the operator & has no counterpart', '"id" & 3'],
    ['tags[-1]', 'tags[-1]: only fixed places from the front can be said', 'tags[-1]: only fixed places from the front can be said'],
    [
      'meta(topic)',
      'meta(topic): the function meta has no counterpart of this number of arguments',
      'meta(topic): the function meta has no counterpart of this number of arguments',
    ],
    [
      'had_changed(true, t)',
      'had_changed(TRUE, t): the function had_changed has no counterpart of this number of arguments',
      'had_changed(TRUE, t): the function had_changed has no counterpart of this number of arguments',
    ],
    ['tags[0:2]', 'tags[0:2]: has no counterpart', 'tags[0:2]: has no counterpart'],
  ])('%s', async (expr, flink, risingwave) => {
    expect(await select(expr, 'flink')).toBe(flink);
    expect(await select(expr, 'risingwave')).toBe(risingwave);
  });

  test('* is the columns that the stream declares, with EXCEPT and REPLACE', async () => {
    const t = await of('SELECT * EXCEPT(loc, tags, ts) REPLACE(t * 2 AS t) FROM demo', 'flink');
    expect(queryOf(t)).toBe(
      'SELECT `id` AS `id`, `t` * 2 AS `t`, `name` AS `name`, `ok` AS `ok`\nFROM `demo`;'.replace(/`(id|name|ok)` AS `\1`/g, '`$1`'),
    );
  });
});

describe('what cannot be said gives no query, and a reason each:', () => {
  test.each([
    ['SELECT * FROM loose', 'loose: the stream declares no columns'],
    ['SELECT count(*) AS n FROM demo GROUP BY COUNTWINDOW(5)', 'count windows have no counterpart'],
    ['SELECT count(*) AS n FROM demo GROUP BY SLIDINGWINDOW(ss, 5)', 'sliding windows have no counterpart'],
    ['SELECT * FROM demo GROUP BY TUMBLINGWINDOW(ss, 5)', 'a window without an aggregate gives a list of rows here'],
    ['SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(month, 1)', 'weeks, months, quarters and years have no counterpart'],
    ['SELECT demo.id FROM demo INNER JOIN loose ON demo.id = loose.id GROUP BY TUMBLINGWINDOW(ss, 5)', 'JOIN: '],
    [
      'SELECT id, count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 5), id ORDER BY id LIMIT 3',
      'LIMIT: it counts the rows of a window here',
    ],
    ['SELECT id FROM demo UNION ALL SELECT ts AS id FROM demo', 'UNION ALL: is not translated'],
    ['SELECT max(id) AS m FROM demo', 'an aggregate without a window'],
    ['SELECT count(*) AS n FROM demo GROUP BY TUMBLINGWINDOW(ss, 5) FILTER(WHERE t > 1)', 'put the condition into WHERE'],
  ])('%s', async (sql, reason) => {
    const t = await of(sql, 'flink');
    expect(t.sql).toBe('');
    expect(t.cannot.join('\n')).toContain(reason);
  });

  test('an engine, a rule or a graph that is none is refused', async () => {
    await of('SELECT id FROM demo', 'flink');
    expect((await made.call('GET', `/rules/r${n}/translate?to=spark`)).text).toContain('expected one of flink, risingwave');
    expect((await made.call('GET', '/rules/none/translate?to=flink')).text).toContain('rule none not found');
  });
});

/** Everything that can be said, in one go each. */
const SAMPLES: [sql: string, options?: object][] = [
  ['SELECT * FROM demo WHERE t > 50'],
  [
    'SELECT id, t * 2 - 1.5 AS x, loc->lat AS lat, tags[0] AS tag, name || "x" AS y FROM demo WHERE NOT ok AND (t BETWEEN 1 AND 2 OR name LIKE "a%")',
  ],
  [
    'SELECT CASE id WHEN 1 THEN "one" ELSE upper(name) END AS c, cast(t, "string") AS s, substring(name, 1, 3) AS p, -t AS m FROM demo WHERE id IN (1, 2, 3) AND name IS NOT NULL',
  ],
  ['SELECT lag(t) OVER (PARTITION BY id) AS before, id % 2 AS odd, abs(t) AS a FROM demo', { isEventTime: true }],
  [
    'SELECT id, avg(t) AS a, count(DISTINCT name) AS d, sum(t) FILTER (WHERE ok) AS f, window_start() AS w FROM demo GROUP BY TUMBLINGWINDOW(ss, 10), id HAVING avg(t) > 1',
    { isEventTime: true },
  ],
  ['SELECT max(t) AS m FROM demo AS d GROUP BY HOPPINGWINDOW(mi, 5, 1)', { isEventTime: true }],
  ['SELECT min(t) AS m FROM demo GROUP BY TUMBLINGWINDOW(ms, 1500)', { isEventTime: true, lateTolerance: '250ms' }],
  ['SELECT stddev(t) AS s, vars(t) AS v FROM demo GROUP BY TUMBLINGWINDOW(hh, 2)', { isEventTime: true }],
];

test('all that is printed for RisingWave is read by the parser of PostgreSQL, whose SQL it takes', async () => {
  for (const [sql, options] of SAMPLES) {
    const t = await of(sql, 'risingwave', options);
    expect(t.cannot, sql).toEqual([]);
    const view = t.sql.slice(t.sql.indexOf('CREATE MATERIALIZED VIEW'));
    expect(() => parseSync(view), view).not.toThrow();
  }
  expect(() => parseSync('SELECT FROM WHERE')).toThrow();
});

describe.runIf(haveFlink)("Flink's own parser", () => {
  const out = mkdtempSync(join(tmpdir(), 'kuiper-flink-'));
  afterAll(() => rmSync(out, { recursive: true, force: true }));
  test('reads all that is printed for it', async () => {
    const jars = readdirSync(LIB).map((f) => join(LIB, f));
    const compiler = jars.find((j) => j.includes('/ecj-'))!;
    execFileSync(
      'java',
      ['-jar', compiler, '-17', '-proc:none', '-cp', jars.join(':'), '-d', out, join(import.meta.dirname, 'FlinkParse.java')],
      { stdio: 'pipe' },
    );
    const texts: string[] = [];
    for (const [sql, options] of [...SAMPLES, ['SELECT count(*) AS n FROM demo GROUP BY SESSIONWINDOW(ss, 60, 5)'] as const]) {
      const t = await of(sql, 'flink', options);
      expect(t.cannot, sql).toEqual([]);
      texts.push(t.sql);
    }
    const answers = execFileSync('java', ['-cp', [out, ...jars].join(':'), 'FlinkParse'], {
      input: [...texts, 'SELECT FROM WHERE'].join('\n----\n'),
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'ignore'],
    })
      .trim()
      .split('\n');
    expect(answers.slice(0, -1).map((a, i) => (a === 'ok' ? 'ok' : `${a.slice(0, 200)} in ${texts[i]}`))).toEqual(texts.map(() => 'ok'));
    // and it does refuse
    expect(answers.at(-1)).not.toBe('ok');
  }, 60_000);
});

test('kuiper translate prints the query, remarks on the side, and ends with 4 where something cannot be said', async () => {
  const server = await restOf(made);
  const kuiper = async (...args: string[]) => {
    const [out, err]: [string[], string[]] = [[], []];
    const io = { out: (t: string) => void out.push(t), err: (t: string) => void err.push(t), terminal: false, color: false };
    const code = await runCli(['--url', server.url, 'translate', ...args], {}, io);
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  try {
    await of('SELECT id FROM demo', 'flink');
    const good = await kuiper(`r${n}`, '--to', 'flink');
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/^CREATE TABLE `demo`[\s\S]*CREATE VIEW [\s\S]*;$/);
    expect(good.err).toContain('note: Flink has no connector for mqtt');
    await of('SELECT meta(topic) AS x FROM demo', 'flink');
    const bad = await kuiper(`r${n}`, '--to', 'risingwave');
    expect(bad).toMatchObject({ code: 4, out: '' });
    expect(bad.err).toContain('cannot be said: meta(topic): ');
    expect((await kuiper(`r${n}`)).code).toBe(2);
  } finally {
    server.destroy();
    await server.close();
  }
});
