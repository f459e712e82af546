// amqp against a real RabbitMQ: confirmations both ways, rows that no queue takes, a kill under load.
import { type ChannelModel, connect } from 'amqplib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import amqp from '../../../src/connectors/amqp/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import type { RealServer } from '../../helpers/real-server.ts';
import { type Rig, type RigOptions, startRig, underKills } from '../../helpers/rule-rig.ts';
import { haveRabbitmq, startRabbitmq } from './rabbitmq.ts';

describe.runIf(haveRabbitmq)('amqp', () => {
  let server: RealServer;
  let rigs: Rig[] = [];
  let own: ChannelModel | undefined;
  const address = () => `amqp://127.0.0.1:${server.port}`;
  const broker = async () => {
    own = await connect(address());
    const channel = await own.createChannel();
    return channel;
  };
  beforeAll(async () => {
    server = await startRabbitmq();
  }, 90_000);
  afterAll(() => server?.remove());
  afterEach(async () => {
    for (const r of rigs) await r.close();
    rigs = [];
    await own?.close().catch(() => undefined); // the broker may have been killed
    own = undefined;
  });
  const rig = async (o: RigOptions) => {
    const r = await startRig(o);
    rigs.push(r);
    return r;
  };
  const sink = (props: object, o: RigOptions = {}) => rig({ ...o, actions: [{ amqp: { server: address(), ...props } }] });
  const source = (queue: string, props: object = {}, o: RigOptions = {}) =>
    rig({ ...o, source: { type: 'amqp', datasource: queue, props: { server: address(), ...props } } });

  it('carries rows over an exchange by a key from a template, and shows key, exchange and headers as metadata', async () => {
    const b = await broker();
    await b.assertExchange('plant', 'topic', { durable: false });
    const r = await source('hall', { declareQueue: true, exchange: 'plant', routingKey: 'hall.*' }, { sql: 'SELECT *, meta(routingKey) AS k, meta(exchange) AS x, meta(headers)->line AS h FROM s' }); // biome-ignore format: one line
    await until(() => r.rule.health().sources[0]?.connection === 'connected', 'the source listens');
    const out = await sink({ exchange: 'plant', routingKey: 'hall.{{.dev}}', headers: { line: '{{.dev}}!' }, fields: ['v'] });
    await out.send({ dev: 'd1', v: 1.5 });
    await out.settled();
    await until(() => r.got.length === 1, 'the row came');
    expect(r.got).toEqual([{ v: 1.5, k: 'hall.d1', x: 'plant', h: 'd1!' }]);
    await until(async () => (await b.checkQueue('hall')).messageCount === 0, 'the message is confirmed');
  }, 30_000);

  it('parks a row that no queue takes, and one whose key is too long, alone', async () => {
    const b = await broker();
    await b.assertQueue('ok', { durable: false });
    const out = await sink({ routingKey: '{{.to}}' }, { sql: 'SELECT to, n FROM s GROUP BY COUNTWINDOW(4)' });
    for (const [n, to] of ['ok', 'nowhere', 'x'.repeat(256), 'ok'].entries()) await out.send({ to, n });
    await until(() => out.health().parked === 2, 'two rows are parked');
    expect((await b.checkQueue('ok')).messageCount).toBe(2);
    const first = await b.get('ok', { noAck: true });
    expect(first && [first.content.toString(), first.properties.contentType, first.properties.deliveryMode]).toEqual([
      '{"n":0,"to":"ok"}',
      'application/json',
      2,
    ]);
    expect(out.health().parkedReason).toContain('no queue takes messages with the routing key "nowhere"');
  }, 30_000);

  it('says that an exchange or a queue is missing, and goes on when it is there', async () => {
    const out = await sink({ exchange: 'later', routingKey: 'a' });
    await out.send({ n: 1 });
    await until(() => /no exchange 'later'/.test(out.health().message), 'the reason is shown');
    const r = await source('later');
    await until(() => /no queue 'later'/.test(r.rule.health().sources[0]!.message), 'the reason is shown');
    const b = await broker();
    await b.assertExchange('behind', 'fanout', { durable: false });
    await b.assertQueue('later', { durable: false });
    await b.bindQueue('later', 'behind', '');
    // the row is sent as soon as the exchange is there: it must lead to the queue from its first moment
    await b.assertExchange('later', 'fanout', { durable: false, alternateExchange: 'behind' });
    await out.settled();
    await until(() => r.got.length === 1, 'the row came');
    expect(out.health().parked).toBe(0);
  }, 40_000);

  it('confirms a message only when it is delivered: what was not comes again', async () => {
    const b = await broker();
    await b.assertQueue('ack', { durable: false });
    for (const n of [1, 2, 3]) b.sendToQueue('ack', Buffer.from(JSON.stringify({ n })));
    const member = async () => {
      const s = amqp.source!.create();
      await s.configure!('ack', { server: address(), prefetch: 2 });
      const ctx = { ...createTestContext(), network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
      const got: { n: number; redelivered: unknown; done: () => void }[] = [];
      await s.open(
        ctx,
        (data, meta, done) => void got.push({ n: (JSON.parse(Buffer.from(data as Uint8Array).toString()) as { n: number }).n, redelivered: meta!['redelivered'], done: done! }), // biome-ignore format: one line
        () => undefined,
      );
      return { got, close: () => s.close(ctx) };
    };
    const first = await member();
    await until(() => first.got.length === 2, 'as many as may be unconfirmed came');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(first.got.map((m) => m.n)).toEqual([1, 2]);
    first.got[0]!.done();
    await until(() => first.got.length === 3, 'the next one came');
    await first.close();
    // too late, and without harm: the broker has given it to nobody else yet
    first.got[1]!.done();
    const second = await member();
    await until(() => second.got.length === 2, 'the others came again');
    expect(second.got.map((m) => [m.n, m.redelivered])).toEqual([[2, true], [3, true]]); // biome-ignore format: one line
    for (const m of second.got) m.done();
    await until(async () => (await b.checkQueue('ack')).messageCount === 0, 'all is confirmed');
    await second.close();
    expect((await b.checkQueue('ack')).messageCount).toBe(0);
  }, 30_000);

  it('waits with a wrong password and does not show it', async () => {
    const r = await sink({ routingKey: 'x', password: 'wr0ng' });
    await r.send({ n: 1 });
    await until(() => /ACCESS.REFUSED/i.test(r.health().message), 'the reason is shown');
    expect(r.health().parked).toBe(0);
    expect(JSON.stringify([r.health(), r.lines])).not.toContain('wr0ng');
  }, 30_000);

  it('loses nothing into a queue and out of it when the broker is killed under load', async () => {
    const b = await broker();
    await b.assertQueue('kill', { durable: true });
    await own!.close();
    own = undefined;
    const out = await sink({ routingKey: 'kill' });
    const back = await source('kill');
    const sent = await underKills(out, server, { kills: 1, row: (n) => ({ n }), perTick: 5 });
    await out.settled(60_000);
    expect(out.health()).toMatchObject({ parked: 0, dropped: 0, refused: 0 });
    await until(() => new Set(back.got.map((x) => x['n'])).size === sent, 'all rows came back', 30_000);
    expect(sent).toBeGreaterThan(100);
  }, 180_000);

  it.each([
    [{ routingKey: 'a' }, 'server is required'],
    [{ server: 'h' }, 'routingKey is required'],
    [{ server: 'h:0', routingKey: 'a' }, 'is not host:port'],
    [{ server: 'h', routingKey: 'a', fields: ['a'], excludeFields: ['b'] }, 'cannot both be set'],
    [{ server: 'h', routingKey: 'a', certificationRaw: 'YQ==' }, 'certificationPath needs its privateKeyPath'],
  ])('refuses the rule with %j', (props, text) => {
    expect(() => amqp.sink!.create().configure!(props)).toThrow(text);
  });

  it('refuses a source whose DATASOURCE is no queue', () => {
    expect(() => amqp.source!.create().configure!('', { server: 'h' })).toThrow('must name a queue');
  });
});
