// "Why is there no data?" Each situation is staged with live parts on virtual time; at most 5 s later health names the cause and diag the step.
import { afterEach, describe, expect, test } from 'vitest';
import type { Step } from '../../../src/runtime/diagnosis/cause.ts';
import { repeat, type World, type WorldOptions, world } from './world.ts';

interface Situation {
  name: string;
  rule: WorldOptions;
  stage(w: World): void | Promise<void>;
  /** Default 4900. */
  waitMs?: number;
  /** In one sentence of health. */
  says: RegExp;
  /** False: it may be meant so, and health stays ok. */
  problem: boolean;
  /** What diag tells to do. */
  cure?: RegExp;
  stops: Step;
  at: string;
}

const eventTime = { options: { isEventTime: true }, spec: { timestamp: 'ts' }, info: { timestamp: 'ts' } } as const;
const now = Date.UTC(2026, 0, 1);

const situations: Situation[] = [
  {
    name: 'the peer of the source is away',
    rule: { sql: 'SELECT a FROM s' },
    stage: (w) => w.h.sources[0]!.fail(new Error('connection refused')),
    waitMs: 1,
    says: /^Source s is disconnected: connection refused\. It has been so since 2026-01-01T00:00:0\dZ \(\d s\)\.$/,
    problem: true,
    cure: /the gateway goes on trying by itself\.$/,
    stops: 'connection',
    at: 's',
  },
  {
    name: 'the peer is there and refuses the subscription',
    rule: { sql: 'SELECT a FROM s', reads: () => ({ peer: 'tcp://b:1883', what: 'topic filter secret/x', linked: true }) },
    stage: (w) => w.h.sources[0]!.ctx.status('disconnected', 'subscription refused: not authorized'),
    says: /Source s is disconnected: subscription refused: not authorized\./,
    problem: true,
    cure: /the rights of the user there\.$/,
    stops: 'subscription',
    at: 's',
  },
  {
    name: 'nothing has ever arrived',
    rule: { sql: 'SELECT a FROM s', reads: () => ({ peer: 'tcp://b:1883', what: 'topic filter plant/tmp', elsewhere: 0 }) },
    stage: () => undefined,
    says: /^Source s \(topic filter plant\/tmp at tcp:\/\/b:1883\) is connected and has had no message since 2026-01-01T00:00:0\dZ \([45] s\)\. Nothing else arrives on its connection either\./,
    problem: false,
    cure: /^Check that the sender runs .* kuiper diag looks for similar names\. When messages are due .* expectEvery\.$/,
    stops: 'bytes',
    at: 's',
  },
  {
    name: 'messages arrive under a name that is nearly the one that is read',
    rule: {
      sql: 'SELECT a FROM s',
      reads: () => ({ peer: 'tcp://b:1883', what: 'topic filter plant/tmp', elsewhere: 12 }),
      search: async () => ({ places: [{ name: 'plant/temp', messages: 4, near: true }], lookedMs: 1500, problem: '' }),
    },
    stage: async (w) => void (await w.diag()),
    says: /12 messages arrived on its connection for others\. Messages arrive at plant\/temp: did you mean plant\/temp\?/,
    problem: true,
    cure: /^Correct DATASOURCE of stream s, or the topic of the sender\.$/,
    stops: 'bytes',
    at: 's',
  },
  {
    name: 'a look at the peer sees other names, none of them near',
    rule: {
      sql: 'SELECT a FROM s',
      search: async () => ({ places: [{ name: 'house/door', messages: 1, near: false }], lookedMs: 1500, problem: '' }),
    },
    stage: async (w) => void (await w.diag()),
    says: /A look at the peer saw messages at house\/door\./,
    problem: false,
    stops: 'bytes',
    at: 's',
  },
  {
    name: 'a look at the peer fails',
    rule: { sql: 'SELECT a FROM s', search: () => Promise.reject(new Error('not allowed')) },
    stage: async (w) => void (await w.diag()),
    says: /A look at the peer failed: not allowed\./,
    problem: false,
    stops: 'bytes',
    at: 's',
  },
  {
    name: 'nothing arrives although the rule expects a message each second',
    rule: { sql: 'SELECT a FROM s', options: { expectEveryMs: 1000 } },
    stage: () => undefined,
    says: /has had no message since .* The rule expects one every 1 s\./,
    problem: true,
    cure: /^Check that the sender runs and under which name it sends; kuiper diag looks for similar names\.$/,
    stops: 'bytes',
    at: 's',
  },
  {
    name: 'messages that were due stay away',
    rule: { sql: 'SELECT a FROM s', options: { expectEveryMs: 1000 } },
    stage: (w) => repeat(5, 1000, w, (a) => ({ a })),
    says: /has had no message for [56] s; the last one came 2026-01-01T00:00:04Z\. The rule expects one every 1 s\./,
    problem: true,
    cure: /^Check that the sender runs and under which name it sends\.$/,
    stops: 'bytes',
    at: 's',
  },
  {
    name: 'no message is JSON',
    rule: { sql: 'SELECT a FROM s' },
    stage: (w) => repeat(4, 100, w, () => 'temperature=21;password=geheim99'),
    says: /^Source s got 4 messages that cannot be decoded, since .*: .+ For example: temperature=21;password=\*{6}/,
    problem: true,
    cure: /^The payload is not what the FORMAT /,
    stops: 'decode',
    at: 's',
  },
  {
    name: 'messages are bytes of another format',
    rule: { sql: 'SELECT a FROM s' },
    stage: (w) => w.give(new Uint8Array([0, 255, 254, 1, 2, 128])),
    says: /^Source s got 1 message that cannot be decoded, since .* For example: 0x00fffe010280/,
    problem: true,
    cure: /^The payload is not what the FORMAT /,
    stops: 'decode',
    at: 's',
  },
  {
    name: 'the TIMESTAMP column is in no message',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY TUMBLINGWINDOW(ss, 1)', ...eventTime },
    stage: (w) => repeat(4, 100, w, (a) => ({ a })),
    says: /^Source s failed 4 times, since .*: .*field ts is not found.*For example: \{"a":0\}/,
    problem: true,
    cure: /^Compare the TIMESTAMP column and the declared columns/,
    stops: 'decode',
    at: 's',
  },
  {
    name: 'the one column of the rule is misspelt',
    rule: { sql: 'SELECT devce FROM s' },
    stage: (w) => repeat(3, 100, w, () => ({ device: 'a', temp: 1 })),
    says: /^No message of source s had the column devce \(3 messages\); did you mean device\? The last message had: device, temp\./,
    problem: true,
    cure: /^Write device in the statement/,
    stops: 'columns',
    at: 's',
  },
  {
    name: 'one of several columns is misspelt',
    rule: { sql: 'SELECT temp, devce FROM s' },
    stage: (w) => repeat(3, 100, w, () => ({ device: 'a', temp: 1 })),
    says: /had the column devce .* did you mean device\?/,
    problem: true,
    stops: 'columns',
    at: 's',
  },
  {
    name: 'a column has another letter case',
    rule: { sql: 'SELECT Temperature FROM s' },
    stage: (w) => repeat(3, 100, w, () => ({ temperature: 1 })),
    says: /had the column Temperature .* did you mean temperature\?/,
    problem: true,
    stops: 'columns',
    at: 's',
  },
  {
    name: 'no message has any column that the rule reads',
    rule: { sql: 'SELECT pressure FROM s' },
    stage: (w) => repeat(3, 100, w, () => ({ humidity: 1 })),
    says: /^No message of source s had the column pressure \(3 messages\)\. The last message had: humidity\./,
    problem: true,
    stops: 'columns',
    at: 's',
  },
  {
    name: 'a number is compared with a text',
    rule: { sql: 'SELECT * FROM s WHERE temperature > "62"' },
    stage: (w) => repeat(56, 50, w, () => ({ temperature: 70 })),
    says: /^Operator \d_filter: every row fails, 56 rows since .*: run Where error: .*It reads temperature\. For example: \{"temperature":70\} Compare and compute with values of one type/,
    problem: true,
    cure: /write numbers without quotes/,
    stops: 'filter',
    at: '3_filter',
  },
  {
    name: 'every second row fails',
    rule: { sql: 'SELECT a FROM s WHERE a > 5' },
    stage: (w) => repeat(20, 50, w, (i) => ({ a: i % 2 ? 'text' : 9 })),
    says: /^Operator \d_filter: about one row in 2 fails, 10 rows since /,
    problem: true,
    cure: /write numbers without quotes/,
    stops: 'filter',
    at: '3_filter',
  },
  {
    name: 'a filter lets nothing through',
    rule: { sql: 'SELECT a FROM s WHERE temperature > 100' },
    stage: (w) => repeat(12, 50, w, (i) => ({ a: i, temperature: 20.5 })),
    says: /^Filter 3_filter \(temperature > 100\) has let none of 12 rows through\. The last row: temperature = 20\.5\./,
    problem: false,
    cure: /^Nothing needs to be done when such rows are meant to be rare/,
    stops: 'filter',
    at: '3_filter',
  },
  {
    name: 'the index of a shared source keeps every row away from the rule',
    rule: { sql: 'SELECT a FROM s WHERE device = "x9"' },
    stage: (w) => repeat(12, 50, w, (i) => ({ a: i, device: 'x1' })),
    says: /^Filter 3_filter \(device = "x9"\) has let none of 12 rows through\. The last row: device = "x1"\./,
    problem: false,
    stops: 'filter',
    at: '3_filter',
  },
  {
    name: 'a text is compared with another spelling of itself',
    rule: { sql: 'SELECT a FROM s WHERE state = "On"' },
    stage: (w) => repeat(4, 50, w, (i) => ({ a: i, state: 'on' })),
    says: /Texts are compared letter by letter: did you mean "on"\?/,
    problem: true,
    stops: 'filter',
    at: '3_filter',
  },
  {
    name: 'HAVING lets nothing through',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY COUNTWINDOW(2) HAVING count(*) > 5' },
    stage: (w) => repeat(8, 50, w, (a) => ({ a })),
    says: /^Filter \d_having \(count\(\*\) > 5\) has let none of 4 rows through/,
    problem: false,
    stops: 'filter',
    at: '4_having',
  },
  {
    name: 'event time is in seconds',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY TUMBLINGWINDOW(ss, 2)', ...eventTime },
    stage: (w) => repeat(40, 100, w, (i) => ({ ts: Math.floor(now / 1000) + i })),
    says: /^The TIMESTAMP column seems to hold seconds: its newest value 1767225639 would be 1970-01-21T/,
    problem: true,
    cure: /^Add TIMESTAMP_FORMAT="s" to the stream/,
    stops: 'window',
    at: '3_watermark',
  },
  {
    name: 'event time is in microseconds',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY TUMBLINGWINDOW(ss, 2)', ...eventTime },
    stage: (w) => repeat(3, 100, w, (i) => ({ ts: (now + i) * 1000 })),
    says: /^The TIMESTAMP column seems to hold microseconds/,
    problem: true,
    cure: /^Have the sender give milliseconds/,
    stops: 'window',
    at: '3_watermark',
  },
  {
    name: 'one of two streams has no message, which holds event time back',
    rule: { sql: 'SELECT s.a FROM s INNER JOIN t ON s.a = t.a GROUP BY TUMBLINGWINDOW(ss, 1)', ...eventTime },
    stage: (w) => repeat(10, 300, w, (i) => ({ a: i, ts: now + i * 300 })),
    says: /^No window can fire: t has had no message, .* 10 rows wait\./,
    problem: true,
    stops: 'bytes',
    at: 't',
  },
  {
    name: 'one row with a time in the future makes all others late',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY TUMBLINGWINDOW(hh, 1)', ...eventTime },
    async stage(w) {
      w.give({ ts: Date.UTC(2031, 5, 1) });
      await repeat(5, 100, w, (i) => ({ ts: now + i * 100 }));
    },
    says: /^5 rows came too late for their window\. A row had the time 2031-06-01T00:00:00Z, which lies in the future/,
    problem: true,
    cure: /^Set lateTolerance/,
    stops: 'window',
    at: '3_watermark',
  },
  {
    name: 'the last window of event time waits for a later row',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY TUMBLINGWINDOW(ss, 10)', ...eventTime },
    stage: (w) => repeat(4, 100, w, (i) => ({ ts: now + i * 100 })),
    says: /^Window \d_\w+ has taken 4 rows and has not fired yet\. Event time has come to /,
    problem: false,
    cure: /idleTimeout ends it when rows stop coming\.$/,
    stops: 'window',
    at: '3_watermark',
  },
  {
    name: 'a count window is not full',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY COUNTWINDOW(100)' },
    stage: (w) => repeat(7, 100, w, (a) => ({ a })),
    says: /^Window 3_\w+ has taken 7 rows and has not fired yet\. It fires with 100 rows\./,
    problem: false,
    cure: /^Wait, or take a smaller count\.$/,
    stops: 'window',
    at: '3_inc_agg_window',
  },
  {
    name: 'a session never ends, since rows keep coming',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY SESSIONWINDOW(hh, 1, 1)' },
    stage: (w) => repeat(9, 100, w, (a) => ({ a })),
    says: /has taken 9 rows and has not fired yet\. It fires when no row came for /,
    problem: false,
    cure: /^Take a shorter time-out/,
    stops: 'window',
    at: '3_window',
  },
  {
    name: 'no row fulfils the condition of a sliding window',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY SLIDINGWINDOW(ss, 10) OVER (WHEN a > 100)' },
    stage: (w) => repeat(6, 100, w, (a) => ({ a })),
    says: /None of 6 rows has fulfilled its condition/,
    problem: false,
    stops: 'window',
    at: '3_inc_agg_window',
  },
  {
    name: 'a long window has not come to its end',
    rule: { sql: 'SELECT count(*) AS n FROM s GROUP BY TUMBLINGWINDOW(hh, 1)' },
    stage: (w) => repeat(6, 100, w, (a) => ({ a })),
    says: /has taken 6 rows and has not fired yet\. It fires every 60 min; the rule has been running \d s\./,
    problem: false,
    stops: 'window',
    at: '3_inc_agg_window',
  },
  {
    name: 'a join finds no partner',
    rule: { sql: 'SELECT s.a FROM s INNER JOIN t ON s.a = t.a GROUP BY TUMBLINGWINDOW(ss, 1)' },
    async stage(w) {
      for (let i = 0; i < 4; i++) {
        w.give({ a: i }, 's');
        w.give({ a: i + 1000 }, 't');
        await w.wait(1000);
      }
    },
    says: /^Join \d_join has found nothing for any of \d rows or windows\./,
    problem: false,
    cure: /^Compare the columns of ON/,
    stops: 'join',
    at: '6_join',
  },
  {
    name: 'the select list fails on every row',
    rule: { sql: 'SELECT a / b AS q FROM s' },
    stage: (w) => repeat(5, 100, w, (a) => ({ a, b: 0 })),
    says: /^Operator 3_project: every row fails, 5 rows since .*: run Select error: .*divided by zero.*It reads a, b\./,
    problem: true,
    cure: /guard it with CASE or WHERE/,
    stops: 'project',
    at: '3_project',
  },
  {
    name: 'the template of the sink cannot be filled in',
    rule: { sql: 'SELECT a FROM s', actions: [{ dataTemplate: '{{index .a 5}}', sendSingle: true, maxParkedRows: 0 }] },
    stage: (w) => repeat(5, 100, w, (a) => ({ a })),
    says: /^Sink fake_0 refused 5 rows: /,
    problem: true,
    cure: /^Compare the dataTemplate, fields and format of fake_0/,
    stops: 'template',
    at: 'fake_0',
  },
  {
    name: 'the peer of the sink is away',
    rule: { sql: 'SELECT a FROM s' },
    async stage(w) {
      w.h.sink.behaviour = 'away';
      w.h.sink.fail!(new Error('unplugged'));
      w.h.sink.openError = new Error('unplugged');
      await repeat(3, 100, w, (a) => ({ a }));
    },
    says: /^Sink fake_0 is disconnected: unplugged\.$/,
    problem: true,
    cure: /the rows that wait are sent when it is back\.$/,
    stops: 'sink',
    at: 'fake_0',
  },
  {
    name: 'the sink takes no row and parks them',
    rule: { sql: 'SELECT a FROM s' },
    async stage(w) {
      w.h.sink.behaviour = 'refuse';
      await repeat(3, 100, w, (a) => ({ a }));
      await w.h.settle(() => w.health().sinks[0]!.parked === 3);
    },
    says: /^Sink fake_0 does not take 3 rows; they have been parked since .*: bad request$/,
    problem: true,
    cure: /kuiper parked list and retry/,
    stops: 'answer',
    at: 'fake_0',
  },
  {
    name: 'the sink answers nothing, and rows go to disk',
    rule: { sql: 'SELECT a FROM s' },
    async stage(w) {
      w.h.sink.behaviour = 'hold';
      await repeat(8, 100, w, (a) => ({ a }));
      await w.h.settle(() => w.health().sinks[0]!.mode === 'spilling');
    },
    says: /^Sink fake_0 is behind: \d rows? wait on disk /,
    problem: true,
    cure: /^Look at the last error/,
    stops: 'answer',
    at: 'fake_0',
  },
  {
    name: 'the source drops what it cannot keep',
    rule: { sql: 'SELECT a FROM s', options: { expectEveryMs: 1000 } },
    stage: (w) => w.h.sources[0]!.ctx.dropped(7, 'overload'),
    says: /^Source s dropped 7 messages \(overload\)\.$/,
    problem: true,
    stops: 'bytes',
    at: 's',
  },
  {
    name: 'the rule was stopped',
    rule: { sql: 'SELECT a FROM s' },
    stage: async (w) => {
      const done = w.rule.stop();
      await w.h.settle(() => w.rule.state === 'stopped');
      await done;
    },
    says: /^$/,
    problem: false,
    cure: /^Start it: kuiper start rule\.$/,
    stops: 'rule',
    at: 'r',
  },
];

let w: World | undefined;
afterEach(async () => {
  await w?.end();
  w = undefined;
});

// @covers issue:18#3
// @covers issue:18#4
// @covers finding:ease#B7
describe('why there is no data', () => {
  test.each(situations.map((s) => [s.name, s] as const))('health names the cause and diag the step when %s', async (_name, s) => {
    w = await world(s.rule);
    await s.stage(w);
    await w.wait(s.waitMs ?? 4900);
    const health = w.health();
    const said = s.problem ? health.problems : health.notes;
    if (s.says.source !== '^$') expect(said).toContainEqual(expect.stringMatching(s.says));
    expect(health.ok).toBe(!s.problem);
    if (!s.problem) expect(health.problems).toEqual([]);
    const diag = await w.diag();
    expect(diag.stopsAt).toMatchObject({ step: s.stops, at: s.at });
    expect(diag.summary).toContain(diag.stopsAt!.text);
    expect(diag.stopsAt!.cure).toMatch(s.cure ?? /\.$/);
    expect(diag.summary.endsWith(diag.stopsAt!.cure)).toBe(true);
  });

  test('there are at least 30 situations', () => {
    expect(situations.length).toBeGreaterThanOrEqual(30);
  });
});
