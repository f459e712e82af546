// kafka against a real broker (Kafka 4, KRaft): messages, positions, groups, wrong rows, SASL, kills under load.
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import kafka from '../../../src/connectors/kafka/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import type { RealServer } from '../../helpers/real-server.ts';
import { type Rig, type RigOptions, startRig, underKills } from '../../helpers/rule-rig.ts';
import { haveKafka, startKafka } from './kafka-server.ts';

describe.runIf(haveKafka)('kafka', () => {
  let server: RealServer;
  let rigs: Rig[] = [];
  const brokers = () => `127.0.0.1:${server.port}`;
  beforeAll(async () => {
    server = await startKafka();
  }, 240_000);
  afterAll(() => server?.remove());
  afterEach(async () => {
    for (const r of rigs) await r.close();
    rigs = [];
  });
  const keep = (r: Rig) => {
    rigs.push(r);
    return r;
  };
  const sink = async (props: object, o: RigOptions = {}) =>
    keep(await startRig({ ...o, actions: [{ kafka: { brokers: brokers(), ...props } }] }));
  const source = async (topic: string, props: object = {}, o: RigOptions = {}) =>
    keep(
      await startRig({
        ...o,
        source: { type: 'kafka', datasource: topic, props: { brokers: brokers(), offsetReset: 'earliest', ...props } },
      }),
    );

  it('carries rows with key, headers and topic from templates, and shows them as metadata', async () => {
    const out = await sink({ topic: 'a-{{.kind}}', key: '{{.dev}}', headers: { unit: '{{.unit}}', fixed: 'x' }, excludeFields: ['kind'] });
    await out.send({ kind: 'k', dev: 'd1', unit: '°C', v: 1.5, n: 9007199254740993n });
    await out.settled();
    const r = await source('a-k', {}, { sql: 'SELECT *, meta(key) AS k, meta(headers) AS h, meta(topic) AS t FROM s' });
    await until(() => r.got.length === 1, 'the row came', 20_000);
    expect(r.got[0]).toMatchObject({ dev: 'd1', v: 1.5, k: 'd1', h: { unit: '°C', fixed: 'x' }, t: 'a-k' });
    expect(r.got[0]).not.toHaveProperty('kind');
  }, 40_000);

  it('commits a position only behind messages that are done with all before them: the others come again to the next member of the group', async () => {
    const out = await sink({ topic: 'c', key: 'same' });
    for (let n = 0; n < 20; n++) await out.send({ n });
    await out.settled();
    const member = async () => {
      const s = kafka.source!.create();
      await s.configure!('c', { brokers: brokers(), groupID: 'g', offsetReset: 'earliest' });
      const ctx = { ...createTestContext(), network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
      const got: { n: number; done: () => void }[] = [];
      const take = (data: unknown, _meta: unknown, done?: () => void) =>
        void got.push({ n: (JSON.parse(Buffer.from(data as Uint8Array).toString()) as { n: number }).n, done: done! });
      await s.open(ctx, take, () => undefined);
      return { got, close: () => s.close(ctx) };
    };
    const first = await member();
    await until(() => first.got.length === 20, 'all messages came', 20_000);
    for (const m of first.got) if (m.n < 12 || m.n === 15) m.done();
    await first.close();
    const second = await member();
    await until(() => second.got.length === 8, 'the open ones come again', 20_000);
    expect(second.got.map((m) => m.n)).toEqual([12, 13, 14, 15, 16, 17, 18, 19]);
    for (const m of second.got) m.done();
    await new Promise((resolve) => setTimeout(resolve, 1200));
    await second.close();
    const third = await member();
    await out.send({ n: 20 });
    await until(() => third.got.length > 0, 'the next message came', 20_000);
    expect(third.got.map((m) => m.n)).toEqual([20]);
    await third.close();
  }, 90_000);

  it('parks a row that is larger than the broker takes, alone', async () => {
    const r = await sink({ topic: 'big', batchBytes: 3_000_000 }, { sql: 'SELECT n, t FROM s GROUP BY COUNTWINDOW(3)' });
    for (const n of [1, 2, 3]) await r.send({ n, t: n === 2 ? 'x'.repeat(1_500_000) : 'small' });
    await until(() => r.health().parked === 1, 'one row is parked', 20_000);
    const [parked] = await r.rule.parkedRows().list();
    const { data } = await r.rule.parkedRows().show(parked!.sink, parked!.id);
    expect((data as { n: number }[]).map((x) => x.n)).toEqual([2]);
    const back = await source('big');
    // a request that is refused may have been taken in part
    const came = () => [...new Set(back.got.map((x) => x['n'] as number))].sort();
    await until(() => came().length === 2, 'the others came', 20_000);
    expect(came()).toEqual([1, 3]);
  }, 60_000);

  // @covers issue:22#2
  it('loses nothing on the way in and out, and keeps the order of a key, when the broker is killed under load', async () => {
    const out = await sink({ topic: 'k', key: '{{.d}}' });
    const back = await source('k', { groupID: 'killed' });
    const sent = await underKills(out, server, { kills: 1, row: (n) => ({ n, d: `d${n % 4}` }), everyMs: 700, perTick: 5 });
    await out.settled(60_000);
    expect(out.health()).toMatchObject({ parked: 0, dropped: 0, refused: 0 });
    const there = () => new Set(back.got.map((x) => x['n']));
    await until(() => there().size === sent, 'all rows came back', 150_000);
    for (let d = 0; d < 4; d++) {
      const seen = new Set<number>();
      const firsts = back.got
        .filter((x) => x['d'] === `d${d}`)
        .map((x) => x['n'] as number)
        .filter((n) => !seen.has(n) && seen.add(n));
      expect(firsts).toEqual([...firsts].sort((a, b) => a - b));
    }
  }, 300_000);

  it('two members of a group share the partitions, and one takes over what the other leaves', async () => {
    const out = await sink({ topic: 'shared', key: '{{.n}}' });
    await out.send({ n: -1 });
    await out.settled();
    const a = await source('shared', { groupID: 'two' });
    const b = await source('shared', { groupID: 'two' });
    let n = 0;
    const feed = async (count: number) => {
      for (let i = 0; i < count; i++) await out.send({ n: n++ });
      await out.settled();
    };
    await until(
      async () => {
        await feed(30);
        return a.got.length > 1 && b.got.length > 1;
      },
      'both get messages',
      30_000,
    );
    const before = a.got;
    await a.close();
    rigs = rigs.filter((x) => x !== a);
    await feed(60);
    const all = () => new Set([...before, ...b.got].map((x) => x['n']));
    await until(() => all().size === n + 1, 'all rows came to one of them', 30_000);
  }, 90_000);

  it.each([
    [{ topic: 't' }, 'brokers can not be empty'],
    [{ brokers: 'h:1' }, 'topic can not be empty'],
    [{ brokers: 'h:x', topic: 't' }, 'is not host:port'],
    [{ brokers: 'h', topic: 't', saslAuthType: 'plain' }, 'saslUserName and password are required'],
    [{ brokers: 'h', topic: 't', fields: ['a'], excludeFields: ['b'] }, 'cannot both be set'],
  ])('refuses the rule with %j', (props, text) => {
    expect(() => kafka.sink!.create().configure!(props)).toThrow(text);
  });

  it('refuses a source without a topic, and one that asks for a single partition', () => {
    expect(() => kafka.source!.create().configure!('', { brokers: 'h' })).toThrow('DATASOURCE must name a topic');
    expect(() => kafka.source!.create().configure!('t', { brokers: 'h', partition: 2 })).toThrow('property partition is not supported');
  });
});

describe.runIf(haveKafka)('kafka with SASL', () => {
  it('delivers with the right password, and waits with a wrong one without showing it', async () => {
    const server = await startKafka(true);
    const rig = (password: string) =>
      startRig({
        actions: [{ kafka: { brokers: `127.0.0.1:${server.port}`, topic: 't', saslAuthType: 'plain', saslUserName: 'kuiper', password } }],
      });
    const right = await rig('s3cret');
    const wrong = await rig('wr0ng');
    try {
      await right.send({ n: 1 });
      await right.settled();
      await wrong.send({ n: 2 });
      await until(() => wrong.health().message !== '', 'the reason is shown', 20_000);
      expect(wrong.health()).toMatchObject({ parked: 0, refused: 0 });
      expect(JSON.stringify([wrong.health(), wrong.lines])).not.toContain('wr0ng');
    } finally {
      await right.close();
      await wrong.close();
      await server.remove();
    }
  }, 90_000);
});
