// Rows for viewers: a trial that lives as long as its viewer, four pushes a second at most, the latest rows and the count of all.
import { describe, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { newTold } from '../../../src/contract/told.ts';
import { MAX_VIEWERS } from '../../../src/service/live/rates.ts';
import { createRowsFeed, MAX_ROW_CHARS, MAX_ROWS, type RowsPush } from '../../../src/service/live/rows.ts';
import { createTopicsFeed, type TopicsPush } from '../../../src/service/live/topics.ts';
import { WATCH_MS } from '../../../src/service/live/viewing.ts';
import { createTrialHub } from '../../../src/service/trial/hub.ts';

function rig(refuse = '') {
  const clock = createVirtualClock();
  const { log } = createMemoryLog();
  const hub = createTrialHub();
  const made: Record<string, unknown>[] = [];
  const stopped: string[] = [];
  const statements: string[] = [];
  const trials = {
    async create(text: string) {
      if (refuse) throw new Error(refuse);
      made.push(JSON.parse(text) as Record<string, unknown>);
      return '';
    },
    shadow: async () => undefined,
    start: async () => undefined,
    async stop(id: string) {
      stopped.push(id);
    },
    close: async () => undefined,
  };
  const streams = {
    async command(sql: string) {
      statements.push(sql);
      return '';
    },
    async drop(_kind: unknown, name: string) {
      statements.push(`drop ${name}`);
      return '';
    },
  };
  const tooMany = () => new Error('too many');
  const rows = createRowsFeed({ clock, log, trials, hub, tooMany });
  const topics = createTopicsFeed({ clock, log, trials, hub, tooMany, streams });
  const idOf = (n = 0) => String(made[n]!['id']);
  return { clock, hub, made, stopped, statements, rows, topics, idOf };
}

describe('rows for viewers', () => {
  test('ten thousand rows a second reach a viewer in four pushes of the latest rows, with the count of the others', async () => {
    const { clock, hub, rows, idOf, made, stopped } = rig();
    const pushes: RowsPush[] = [];
    const stop = await rows.watch({ sql: 'SELECT * FROM demo' }, newTold(), (p) => void pushes.push(p));
    expect(made[0]).toMatchObject({ sql: 'SELECT * FROM demo', sinkProps: { sendSingle: true } });
    for (let tick = 0; tick < 100; tick++) {
      for (let i = 0; i < 100; i++) hub.publish(idOf(), `{"n":${tick * 100 + i}}`);
      await clock.advance(10);
    }
    await clock.advance(250);
    expect(pushes.length).toBeLessThanOrEqual(5);
    expect(pushes.every((p) => p.rows.length === MAX_ROWS)).toBe(true);
    expect(pushes.at(-1)!.total).toBe(10_000);
    expect(pushes.at(-1)!.rows.at(-1)).toBe('{"n":9999}');
    expect(pushes.reduce((n, p) => n + p.rows.length + p.skipped, 0)).toBe(10_000);
    stop();
    expect(stopped).toEqual([idOf()]);
    hub.publish(idOf(), '{"n":1}');
    await clock.advance(1000);
    expect([clock.pending, rows.counts.viewers]).toEqual([0, 0]);
  });

  test('a row longer than the limit is cut', async () => {
    const { clock, hub, rows, idOf } = rig();
    const pushes: RowsPush[] = [];
    await rows.watch({ sql: 'SELECT 1' }, newTold(), (p) => void pushes.push(p));
    hub.publish(idOf(), 'x'.repeat(MAX_ROW_CHARS + 1));
    hub.publish(idOf(), 'y'.repeat(MAX_ROW_CHARS));
    await clock.advance(250);
    expect(pushes[0]!.rows.map((r) => [r.length, r.at(-1)])).toEqual([
      [MAX_ROW_CHARS + 2, '…'],
      [MAX_ROW_CHARS, 'y'],
    ]);
  });

  test('a view that nobody closes ends after five minutes, and its trial with it', async () => {
    const { clock, rows, stopped } = rig();
    const pushes: RowsPush[] = [];
    await rows.watch({ sql: 'SELECT 1' }, newTold(), (p) => void pushes.push(p));
    await clock.advance(WATCH_MS - 1);
    expect([pushes, stopped]).toEqual([[], []]);
    await clock.advance(1);
    expect(pushes).toEqual([{ rows: [], skipped: 0, total: 0, end: 'time' }]);
    expect([stopped.length, rows.counts.viewers, clock.pending]).toEqual([1, 0, 0]);
  });

  test('a statement that is refused leaves no viewer behind', async () => {
    const { clock, rows } = rig('no such stream');
    await expect(rows.watch({ sql: 'SELECT 1' }, newTold(), () => undefined)).rejects.toThrow('no such stream');
    expect([rows.counts.viewers, clock.pending]).toEqual([0, 0]);
  });

  test('more views than there is room for are refused', async () => {
    const { rows } = rig();
    for (let i = 0; i < MAX_VIEWERS; i++) await rows.watch({ sql: 'SELECT 1' }, newTold(), () => undefined);
    await expect(rows.watch({ sql: 'SELECT 1' }, newTold(), () => undefined)).rejects.toThrow('too many');
  });
});

describe('topics for viewers', () => {
  const message = (topic: string, payload: string | Buffer) => JSON.stringify({ topic, payload: Buffer.from(payload).toString('base64') });

  test('a look at topics reads a temporary stream, hands over what changed twice a second, and drops the stream at its end', async () => {
    const { clock, hub, topics, idOf, statements } = rig();
    const pushes: TopicsPush[] = [];
    const stop = await topics.watch({ filter: 'plant/"x"/#', confKey: 'k' }, newTold(), (p) => void pushes.push(p));
    expect(statements[0]).toMatch(
      /^CREATE STREAM internal_topics_\w+ \(\) WITH \(TYPE="mqtt", DATASOURCE="plant\/\\"x\\"\/#", FORMAT="binary", TEMP="true", CONF_KEY="k"\)$/,
    );
    hub.publish(idOf(), message('plant/a', '{"t":1}'));
    hub.publish(idOf(), message('plant/a', '{"t":2}'));
    hub.publish(idOf(), message('plant/b', Buffer.from([0xff, 0x00, 0x01])));
    await clock.advance(500);
    hub.publish(idOf(), message('plant/b', 'on'));
    await clock.advance(500);
    expect(pushes.map((p) => p.topics.map((t) => [t.topic, t.messages, t.bytes, t.payload, t.whole]))).toEqual([
      [
        ['plant/a', 2, 7, '{"t":2}', true],
        ['plant/b', 1, 3, 'ff0001', false],
      ],
      [['plant/b', 2, 2, 'on', true]],
    ]);
    stop();
    await clock.advance(0);
    expect(statements[1]).toMatch(/^drop internal_topics_/);
    expect([topics.counts.viewers, clock.pending]).toEqual([0, 0]);
  });

  test('topics beyond the limit are counted and not kept', async () => {
    const { clock, hub, topics, idOf } = rig();
    const pushes: TopicsPush[] = [];
    await topics.watch({ filter: '#' }, newTold(), (p) => void pushes.push(p));
    for (let i = 0; i < 2003; i++) hub.publish(idOf(), message(`t/${i}`, 'x'));
    await clock.advance(500);
    expect([pushes[0]!.topics.length, pushes[0]!.beyond]).toEqual([2000, 3]);
  });
});
