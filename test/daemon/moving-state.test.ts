// A gateway moves while it works: windows that are half full, rows that wait for a broker that is away and what plugins keep are on the other gateway
// what they were at one moment. Nothing of it is lost, and nothing is there twice.
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt, { type MqttClient } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../helpers/free-port.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../helpers/mosquitto.ts';
import { type RunningDaemon, runDaemon } from './daemon-process.ts';

const daemons: RunningDaemon[] = [];
const run = async (root: string): Promise<RunningDaemon> => {
  const daemon = await runDaemon(root);
  daemons.push(daemon);
  return daemon;
};

const PASSPHRASE = 'correct horse';
const WINDOW = 7;
const SLOW_MS = 60_000;
let folder: string;
let inner: Mosquitto;
let client: MqttClient;
/** What came out of the broker that never stops, and of the one that was away. */
const out: Record<string, unknown[]> = {};

const rootOf = (name: string) => {
  const root = join(folder, name);
  mkdirSync(join(root, 'plugins/functions'), { recursive: true });
  writeFileSync(
    join(root, 'plugins/functions/tally.ts'),
    'export class Tally { exec([n]: any[], ctx: any) { ctx.incrCounter("n", n); return ctx.getCounter("n"); } }',
  );
  writeFileSync(
    join(root, 'plugins/functions/tallyOfAll.ts'),
    'export const TallyOfAll = { exec([n]: any[], ctx: any) { ctx.incrCounter("n", n); return ctx.getCounter("n"); } };',
  );
  return root;
};
const listen = async (broker: string) => {
  const made = await mqtt.connectAsync(broker.replace('tcp:', 'mqtt:'));
  made.on('message', (topic, payload) => void (out[topic] ??= []).push(JSON.parse(payload.toString())));
  await made.subscribeAsync('out/#', { qos: 1 });
  return made;
};
/** The broker that was away can be reached again, and somebody listens there before the first row comes. @returns ends both */
const comesBack = async (port: number): Promise<() => Promise<void>> => {
  const broker = await startMosquitto();
  const there = await listen(broker.url);
  const door = net.createServer((near) => {
    const far = net.connect(broker.port, '127.0.0.1');
    near.on('error', () => far.destroy()).pipe(far);
    far.on('error', () => near.destroy()).pipe(near);
  });
  await once(door.listen(port, '127.0.0.1'), 'listening');
  return async () => {
    await there.endAsync(true);
    door.close();
    await broker.remove();
  };
};
const made = async (daemon: RunningDaemon, path: string, body: unknown) => {
  const answer = await daemon.call('POST', path, body);
  expect(answer.status, answer.text).toBeLessThan(300);
};
const received = async (daemon: RunningDaemon, rule: string): Promise<number> => {
  const status = JSON.parse((await daemon.call('GET', `/rules/${rule}/status`)).text) as Record<string, number>;
  return Number(Object.entries(status).find(([key]) => /^source_.*_records_out_total$/.test(key))?.[1] ?? 0);
};
const connected = (daemon: RunningDaemon, rule: string) =>
  until(
    async () => {
      const health = JSON.parse((await daemon.call('GET', `/rules/${rule}/health`)).text) as { sources?: { connection: string }[] };
      return health.sources?.every((s) => s.connection === 'connected') === true && health.sources.length > 0;
    },
    `${rule} reads`,
    SLOW_MS,
  );
const backupOf = async (daemon: RunningDaemon): Promise<string> => {
  const answer = await fetch(`${daemon.url}/backup`, { method: 'POST', body: JSON.stringify({ passphrase: PASSPHRASE, state: true }) });
  expect(answer.status).toBe(200);
  return Buffer.from(await answer.arrayBuffer()).toString('base64');
};
const restore = async (daemon: RunningDaemon, backup: string) => {
  const answer = await daemon.call('POST', '/restore', { backup, passphrase: PASSPHRASE });
  expect(answer.status, answer.text).toBe(200);
  expect(answer.text).not.toContain('older');
};
const publish = async (numbers: readonly number[]) => {
  for (const n of numbers) await client.publishAsync('in', JSON.stringify({ n }), { qos: 0 });
};
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_x, i) => from + i);

describe.runIf(haveMosquitto)('a backup with state of a gateway that works', () => {
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kuiper-moving-state-'));
    inner = await startMosquitto();
    client = await listen(inner.url);
  }, SLOW_MS);
  afterAll(async () => {
    for (const daemon of daemons) await daemon.stop('SIGKILL');
    await client?.endAsync(true);
    await inner?.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  // @covers issue:21#2
  test('windows, queues and state of plugins go on where they were, on a gateway that had rules of its own', async () => {
    const awayPort = await freePort();
    const to = (topic: string, away = false) => [
      {
        mqtt: {
          server: away ? `tcp://127.0.0.1:${awayPort}` : inner.url,
          topic,
          qos: 1,
          sendSingle: true,
          ...(away ? { enableCache: true } : {}),
        },
      },
    ];
    const first = await run(rootOf('first'));
    const streamOf = (name: string) => ({
      sql: `CREATE STREAM ${name} () WITH (DATASOURCE="in", TYPE="mqtt", CONF_KEY="inner", FORMAT="JSON")`,
    });
    const key = { server: inner.url, qos: 0 };
    expect((await first.call('PUT', '/metadata/sources/mqtt/confKeys/inner', key)).status).toBe(200);
    await made(first, '/streams', streamOf('numbers'));
    const rules = {
      counted: { sql: 'SELECT count(*) AS c, sum(n) AS s FROM numbers GROUP BY COUNTWINDOW(10)', actions: to('out/counted') },
      queued: { sql: 'SELECT n FROM numbers', actions: to('out/queued', true) },
      windows: { sql: `SELECT collect(n) AS list FROM numbers GROUP BY COUNTWINDOW(${WINDOW})`, actions: to('out/windows', true) },
      own: { sql: 'SELECT tally(n) AS t FROM numbers', actions: to('out/own') },
      ofAll: { sql: 'SELECT tallyOfAll(n) AS t FROM numbers', actions: to('out/ofAll') },
    };
    for (const [id, rule] of Object.entries(rules)) await made(first, '/rules', { id, ...rule });
    for (const id of Object.keys(rules)) await connected(first, id);
    await publish(upTo(1, 8));
    for (const id of Object.keys(rules)) await until(async () => (await received(first, id)) === 8, `${id} has 8`, SLOW_MS);
    await until(() => out['out/own']?.length === 8 && out['out/ofAll']?.length === 8, 'plugins counted 8', SLOW_MS);
    const backup = await backupOf(first);
    // the card is gone
    await first.stop('SIGKILL');
    expect(out['out/counted']).toBeUndefined();
    expect(out['out/ofAll']?.at(-1)).toEqual({ t: 36 });

    const root = rootOf('second');
    const second = await run(root);
    // it knows which of its rules had state before anything is restored
    await made(second, '/streams', streamOf('elsewhere'));
    const before = { sql: 'SELECT count(*) AS c FROM elsewhere GROUP BY COUNTWINDOW(3)', actions: [{ nop: {} }] };
    for (const id of ['windows', 'mine']) await made(second, '/rules', { id, ...before });
    await restore(second, backup);
    for (const id of Object.keys(rules)) await connected(second, id);
    await publish([9, 10]);
    await until(() => (out['out/counted']?.length ?? 0) > 0, 'the window is full', SLOW_MS);
    expect(out['out/counted']).toEqual([{ c: 10, s: 55 }]);
    await until(() => out['out/own']?.length === 10 && out['out/ofAll']?.length === 10, 'plugins counted', SLOW_MS);
    expect(out['out/own']?.at(-1)).toEqual({ t: 55 });
    expect(out['out/ofAll']?.at(-1)).toEqual({ t: 55 });
    // and after a cut, with what it has stored itself
    await until(async () => (await received(second, 'queued')) === 2, 'the queue has the last ones', SLOW_MS);
    await second.stop();
    const again = await run(root);
    for (const id of Object.keys(rules)) await connected(again, id);
    await publish(upTo(11, 14));
    const leave = await comesBack(awayPort);
    await until(() => (out['out/windows']?.length ?? 0) >= 2, 'the windows that waited', SLOW_MS);
    await until(() => (out['out/queued']?.length ?? 0) >= 14, 'the rows that waited', SLOW_MS).catch(async (error) => {
      const { text } = await again.call('GET', '/rules/queued/health');
      throw new Error(`came: ${JSON.stringify(out['out/queued'])}; health: ${text}`, { cause: error });
    });
    await again.stop();
    await leave();
    expect(out['out/queued']).toEqual(upTo(1, 14).map((n) => ({ n })));
    expect(out['out/windows']).toEqual([{ list: upTo(1, 7) }, { list: upTo(8, 14) }]);
  }, 300_000);

  test('taken in full flow it is one moment: what a window gave after it is not in the queue beside the window', async () => {
    const awayPort = await freePort();
    const flow = await run(rootOf('flow'));
    await made(flow, '/streams', {
      sql: 'CREATE STREAM flowing () WITH (DATASOURCE="in", TYPE="mqtt", CONF_KEY="inner", FORMAT="JSON")',
    });
    expect((await flow.call('PUT', '/metadata/sources/mqtt/confKeys/inner', { server: inner.url, qos: 0 })).status).toBe(200);
    await made(flow, '/rules', {
      id: 'flowing',
      sql: `SELECT collect(n) AS list FROM flowing GROUP BY COUNTWINDOW(${WINDOW})`,
      actions: [{ mqtt: { server: `tcp://127.0.0.1:${awayPort}`, topic: 'out/flowing', qos: 1, sendSingle: true, enableCache: true } }],
    });
    await connected(flow, 'flowing');
    let n = 0;
    let ends = false;
    const sending = (async () => {
      while (!ends) await publish([++n]);
    })();
    await until(async () => (await received(flow, 'flowing')) > 500, 'it flows', SLOW_MS);
    const backup = await backupOf(flow);
    ends = true;
    await sending;
    await flow.stop('SIGKILL');
    const after = await run(rootOf('after-flow'));
    await restore(after, backup);
    await connected(after, 'flowing');
    // numbers that are not of the flow fill what is left of the window
    const marks = upTo(1_000_001, 1_000_000 + WINDOW);
    await publish(marks);
    await until(async () => (await received(after, 'flowing')) === WINDOW, 'the marks came', SLOW_MS);
    const leave = await comesBack(awayPort);
    const all = () => (out['out/flowing'] ?? []).flatMap((row) => (row as { list: number[] }).list);
    await until(() => all().includes(marks[0]!), 'the last window', SLOW_MS);
    await after.stop();
    await leave();
    const old = all().filter((v) => v < marks[0]!);
    expect(old.length).toBeGreaterThan(500);
    expect(old).toEqual(upTo(1, old.length));
  }, 300_000);
});
