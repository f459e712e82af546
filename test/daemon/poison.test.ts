// A message that ends the gateway: it and its rule are found and set apart, everything else goes on (ADR 0086). The poison is a function of the
// test hooks that kills or freezes the process; the supervisor plays systemd.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../helpers/mosquitto.ts';
import { type Supervisor, supervise } from '../helpers/supervisor.ts';

let broker: Mosquitto;
let root = '';
let memory = '';
let supervisor: Supervisor | undefined;
let client: mqtt.MqttClient;
/** Payloads by topic. */
let got: Map<string, string[]>;

beforeEach(async () => {
  broker = await startMosquitto('allow_anonymous true\nmax_queued_messages 0');
  root = mkdtempSync(join(tmpdir(), 'poison-'));
  memory = mkdtempSync('/dev/shm/poison-');
  got = new Map();
  client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
  client.on('message', (topic, payload) => got.set(topic, [...(got.get(topic) ?? []), payload.toString()]));
  await client.subscribeAsync('out/#', { qos: 1 });
});
afterEach(async () => {
  await supervisor?.stop();
  supervisor = undefined;
  await client.endAsync(true);
  await broker.remove();
  rmSync(root, { recursive: true, force: true });
  rmSync(memory, { recursive: true, force: true });
});

const start = async (watchdogMs?: number) =>
  (supervisor = await supervise(root, {
    ...(watchdogMs === undefined ? {} : { watchdogMs }),
    env: { KUIPER__BASIC__RUNTIMEFOLDER: memory },
  }));
const ok = async (method: string, path: string, body?: unknown) => {
  const answer = await supervisor!.call(method, path, body);
  expect(answer.status, `${method} ${path}: ${answer.text}`).toBeLessThan(300);
  return answer.text;
};
const stream = (name: string, topic: string, qos = 1, more = '') =>
  ok('POST', '/streams', {
    sql: `CREATE STREAM ${name} () WITH (DATASOURCE="${topic}", TYPE="mqtt", FORMAT="json", CONF_KEY="k${qos}"${more})`,
  });
const confKey = (qos: number) => ok('PUT', `/metadata/sources/mqtt/confKeys/k${qos}`, { server: broker.url, qos });
const ruleBody = (id: string, sql: string, options: object = {}) => ({
  id,
  sql,
  actions: [{ mqtt: { server: broker.url, topic: `out/${id}`, qos: 1, sendSingle: true } }],
  options,
});
const rule = (id: string, sql: string, options: object = {}) => ok('POST', '/rules', ruleBody(id, sql, options));
const send = (topic: string, value: unknown, qos: 0 | 1 = 1) => client.publishAsync(topic, JSON.stringify(value), { qos });
const listed = async (id: string) =>
  (JSON.parse(await ok('GET', '/rules')) as { id: string; status: string; parked?: string }[]).find((r) => r.id === id)!;
const parked = (id: string, withinMs = 40_000) => until(async () => (await listed(id)).parked !== undefined, `${id} is parked`, withinMs);
const running = (id: string) => until(async () => (await listed(id)).status === 'running', `${id} runs`);
const tries = () => supervisor!.lines.filter((l) => l['msg'] === 'poison').length;
const outOf = (id: string) => (got.get(`out/${id}`) ?? []).map((t) => JSON.parse(t) as Record<string, unknown>);
const distinct = (id: string, key = 'n') => [...new Set(outOf(id).map((o) => o[key]))];
interface Letter {
  id: string;
  rule: string;
  topic: string;
  bytes: number;
  count: number;
}
const letters = async () => JSON.parse(await ok('GET', '/deadletters')) as Letter[];

describe.runIf(haveMosquitto)('a message that ends the gateway', () => {
  // @covers issue:13#3
  // @covers finding:security#D1
  it('that freezes it under a watchdog is tried three times at most: its rule is parked by name, the rules beside it deliver everything', {
    timeout: 90_000,
  }, async () => {
    await start(1200);
    await confKey(1);
    await stream('bad', 'bad');
    await stream('good', 'good');
    await rule('culprit', 'SELECT test_poison(x) AS x, n FROM bad');
    await rule('witness', 'SELECT n FROM bad');
    await rule('neighbour', 'SELECT n FROM good');
    for (const id of ['culprit', 'witness', 'neighbour']) await running(id);
    let n = 0;
    const beat = setInterval(() => {
      if (n < 100) void send('good', { n: n++ });
    }, 50);
    await send('bad', { n: 0, x: 'fine' });
    await send('bad', { n: 1, x: 'stop', password: 'hush' });
    await send('bad', { n: 2, x: 'fine' });
    await parked('culprit', 45_000);
    clearInterval(beat);
    while (n < 100) await send('good', { n: n++ });
    expect(tries()).toBe(3);
    expect(supervisor!.watchdogKills).toBe(3);
    await until(() => distinct('neighbour').length === 100, 'all of the neighbour');
    await until(() => distinct('witness').length === 3, 'all of the witness, the poison too');
    const tookMs: number[] = [];
    for (let i = 0; i < 100; i++) {
      const beganMs = performance.now();
      await ok('GET', '/rules/culprit/status');
      tookMs.push(performance.now() - beganMs);
    }
    expect(tookMs.sort((a, b) => a - b)[98]).toBeLessThan(250);
    const item = await listed('culprit');
    expect(item.status).toBe('stopped by error');
    expect(item.parked).toMatch(
      /^parked: the gateway ended 2 times or more while this rule evaluated one message \(from mqtt bad, topic "bad", packet \d+/,
    );
    expect(item.parked).toContain('Start the rule to go on without this message');
    expect(item.parked).not.toContain('hush');
    const health = JSON.parse(await ok('GET', '/rules/culprit/health')) as {
      ok: boolean;
      problems: string[];
      setAside: number;
      parked: { deaths: number; message: { topic: string; bytes: number } };
    };
    expect(health.ok).toBe(false);
    expect(health.problems[0]).toContain('The rule is parked: ');
    expect(health.setAside).toBe(1);
    expect(health.parked).toMatchObject({
      deaths: 2,
      message: { topic: 'bad', bytes: JSON.stringify({ n: 1, x: 'stop', password: 'hush' }).length },
    });
    expect(await letters()).toMatchObject([{ rule: 'culprit', topic: 'bad', count: 1 }]);
    const letter = JSON.parse(await ok('GET', `/deadletters/${(await letters())[0]!.id}`)) as { data: string; encoding: string };
    expect(JSON.parse(letter.data)).toEqual({ n: 1, x: 'stop', password: 'hush' });
    // not safe mode
    expect(await ok('GET', '/')).not.toContain('afe mode');
    expect((await listed('witness')).parked).toBeUndefined();
  });

  // @covers issue:13#3
  it('is found on a wildcard without systemd; a start goes on behind it, an edit lets its like in again', { timeout: 60_000 }, async () => {
    await start();
    await confKey(1);
    await stream('s', 'plant/+/x');
    await rule('r', 'SELECT test_poison(x) AS x, n FROM s');
    await running('r');
    for (let i = 0; i < 5; i++) await send('plant/a/x', { n: i, x: 'fine' });
    await send('plant/b/x', { n: 5, x: 'kill' });
    for (let i = 6; i < 10; i++) await send('plant/a/x', { n: i, x: 'fine' });
    await parked('r');
    expect(tries()).toBe(3);
    await send('plant/a/x', { n: 10, x: 'fine' });
    // an orderly restart changes nothing: the rule waits
    const before = supervisor!.starts;
    supervisor!.daemon!.child.kill('SIGTERM');
    await until(() => supervisor!.starts > before && supervisor!.daemon !== undefined, 'started again');
    expect((await listed('r')).parked).toContain('topic "plant/b/x"');
    expect(readdirSync(memory).filter((f) => f.endsWith('.record'))).toEqual([]);
    await ok('POST', '/rules/r/start');
    await running('r');
    expect((await listed('r')).parked).toBeUndefined();
    await until(() => distinct('r').length === 10, 'all but the poison');
    // in order behind it
    expect(distinct('r')).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9, 10]);
    // the same again is set aside without any death, the rule goes on
    await send('plant/b/x', { n: 5, x: 'kill' });
    await send('plant/a/x', { n: 11, x: 'fine' });
    await until(() => distinct('r').includes(11), 'the one behind it');
    expect(tries()).toBe(3);
    // once more when its confirmation did not reach the broker before the rule ended
    await until(async () => (await letters())[0]!.count >= 2, 'its second letter');
    expect(await letters()).toMatchObject([{ rule: 'r', topic: 'plant/b/x' }]);
    // a corrected rule takes it
    await ok('PUT', '/rules/r', ruleBody('r', 'SELECT x, n FROM s'));
    await running('r');
    await send('plant/b/x', { n: 5, x: 'kill' });
    await until(() => distinct('r').includes(5), 'what was poison before');
    expect(tries()).toBe(3);
    await ok('DELETE', `/deadletters/${(await letters())[0]!.id}`);
    expect(await letters()).toEqual([]);
  });

  // @covers issue:13#3
  it('several of them at several rules, and a kill from outside between: each rule is parked by itself, none is tried a fourth time', {
    timeout: 90_000,
  }, async () => {
    await start(3000);
    await confKey(1);
    for (const name of ['a', 'b', 'c']) {
      await stream(name, name);
      await rule(name, `SELECT test_poison(x) AS x, n FROM ${name}`);
      await running(name);
    }
    await send('a', { n: 0, x: 'kill' });
    await until(() => supervisor!.starts === 2 && supervisor!.daemon !== undefined, 'the second start');
    supervisor!.daemon?.child.kill('SIGKILL');
    await send('b', { n: 0, x: 'kill' });
    await send('b', { n: 1, x: 'kill' });
    await send('c', { n: 0, x: 'fine' });
    await parked('a', 40_000);
    await parked('b', 40_000);
    // the second one of b was never let at the rule
    expect(tries()).toBeLessThanOrEqual(6);
    await until(() => distinct('c').length === 1, 'the third rule');
    expect((await listed('c')).status).toBe('running');
    expect((await letters()).map((l) => l.rule).sort()).toEqual(['a', 'b']);
    expect(await ok('GET', '/')).not.toContain('afe mode');
  });

  // @covers issue:13#3
  it('that is not repeated (QoS 0) costs one death and parks nothing', { timeout: 60_000 }, async () => {
    await start(3000);
    await confKey(0);
    await stream('s', 's', 0);
    await rule('r', 'SELECT test_poison(x) AS x, n FROM s');
    await running('r');
    await send('s', { n: 0, x: 'kill' }, 0);
    await until(() => supervisor!.starts === 2 && supervisor!.daemon !== undefined, 'the second start');
    await running('r');
    await until(async () => {
      await send('s', { n: 1, x: 'fine' }, 0);
      return distinct('r').includes(1);
    }, 'the next message');
    expect(tries()).toBe(1);
    expect((await listed('r')).parked).toBeUndefined();
    expect(await letters()).toEqual([]);
  });

  // @covers issue:13#3
  it('over a memory topic is attributed to the rule that dies and to the message that it came from', { timeout: 60_000 }, async () => {
    await start();
    await confKey(1);
    await stream('s', 's');
    await ok('POST', '/streams', { sql: 'CREATE STREAM m () WITH (DATASOURCE="chain", TYPE="memory", FORMAT="json")' });
    await rule('second', 'SELECT test_poison(x) AS x, n FROM m');
    await ok('POST', '/rules', {
      id: 'first',
      sql: 'SELECT * FROM s',
      actions: [{ memory: { topic: 'chain' } }, { mqtt: { server: broker.url, topic: 'out/first', qos: 1, sendSingle: true } }],
    });
    await running('first');
    await running('second');
    await send('s', { n: 1, x: 'kill' });
    await parked('second');
    expect(tries()).toBe(3);
    await send('s', { n: 2, x: 'fine' });
    await until(() => distinct('first').includes(2), 'the first rule goes on');
    expect((await listed('first')).parked).toBeUndefined();
    expect((await listed('second')).parked).toContain('from mqtt s, topic "s"');
  });
});
