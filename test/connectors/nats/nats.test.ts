// nats against a real nats-server: core subjects, streams with confirmations, wrong rows, kills under load.

import { jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import nats from '../../../src/connectors/nats/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { havePart } from '../../helpers/parts.ts';
import { type RealServer, startServer } from '../../helpers/real-server.ts';
import { type Rig, type RigOptions, startRig, underKills } from '../../helpers/rule-rig.ts';

const haveNats = havePart('nats-server', 'nats-server');

describe.runIf(haveNats)('nats', () => {
  let server: RealServer;
  let nc: NatsConnection;
  let rigs: Rig[] = [];
  const servers = () => `127.0.0.1:${server.port}`;
  const login = { username: 'kuiper', password: 's3cret' };
  const ask = () => connect({ servers: servers(), user: login.username, pass: login.password });
  beforeAll(async () => {
    server = await startServer({
      name: 'nats',
      command: ({ port, folder }) => [
        'nats-server',
        '-a',
        '127.0.0.1',
        '-p',
        String(port),
        '-js',
        '-sd',
        folder,
        '--user',
        'kuiper',
        '--pass',
        's3cret',
      ],
    });
  }, 30_000);
  afterAll(() => server?.remove());
  beforeEach(async () => {
    nc = await ask();
  });
  afterEach(async () => {
    for (const r of rigs) await r.close();
    rigs = [];
    await nc.close();
  });
  const rig = async (o: RigOptions) => {
    const r = await startRig(o);
    rigs.push(r);
    return r;
  };
  const sink = (props: object, o: RigOptions = {}) => rig({ ...o, actions: [{ nats: { servers: servers(), ...login, ...props } }] });
  const source = (datasource: string, props: object = {}, o: RigOptions = {}) =>
    rig({ ...o, source: { type: 'nats', datasource, props: { servers: servers(), ...login, ...props } } });
  const makeStream = async (name: string) =>
    (await jetstreamManager(nc)).streams.add({ name, subjects: [`${name}.>`], storage: 'file' as never });

  it('carries rows on a subject from a template, and shows the subject as metadata', async () => {
    const r = await source('core.*', {}, { sql: 'SELECT *, meta(subject) AS sub FROM s' });
    await until(() => r.rule.health().sources[0]?.connection === 'connected', 'the source listens');
    const out = await sink({ subject: 'core.{{.dev}}', fields: ['v'] });
    await out.send({ dev: 'd1', v: 1.5 });
    await out.settled();
    await until(() => r.got.length === 1, 'the row came');
    expect(r.got).toEqual([{ v: 1.5, sub: 'core.d1' }]);
  });

  it('parks a row whose value makes no subject, and one that is larger than the server takes, alone', async () => {
    const out = await sink({ subject: 'p.{{.dev}}' }, { sql: 'SELECT dev, t FROM s GROUP BY COUNTWINDOW(4)' });
    const seen: string[] = [];
    nc.subscribe('p.>', { callback: (_e, m) => void seen.push(m.subject) });
    await nc.flush();
    for (const [dev, t] of [
      ['a', 'x'],
      ['b.>', 'x'],
      ['c', 'x'.repeat(1_100_000)],
      ['d', 'x'],
    ])
      await out.send({ dev, t });
    await until(() => out.health().parked === 2, 'two rows are parked');
    await until(() => seen.includes('p.a') && seen.includes('p.d'), 'the others came');
    expect(seen).not.toContain('p.c');
  });

  it('confirms a message of a stream only when it is delivered: what was not comes again', async () => {
    await makeStream('ack');
    const out = await sink({ subject: 'ack.x', jetstream: true });
    const props = { stream: 'ack', durable: 'd', deliverPolicy: 'all', ackWait: '1s' };
    const member = async () => {
      const s = nats.source!.create();
      await s.configure!('ack.>', { servers: servers(), ...login, ...props });
      const ctx = { ...createTestContext(), network: { enablePrivateNet: true, dataServer: { ip: '', port: 0 } } };
      const got: { n: number; done: () => void }[] = [];
      const take = (data: unknown, _meta: unknown, done?: () => void) =>
        void got.push({ n: (JSON.parse(Buffer.from(data as Uint8Array).toString()) as { n: number }).n, done: done! });
      await s.open(ctx, take, () => undefined);
      return { got, close: () => s.close(ctx) };
    };
    const info = async () => (await jetstreamManager(nc)).consumers.info('ack', 'd');
    const first = await member();
    for (const n of [1, 2, 3]) await out.send({ n });
    await until(() => first.got.length === 3, 'the rows came');
    expect((await info()).num_ack_pending).toBe(3);
    first.got[0]!.done();
    await until(async () => (await info()).ack_floor.stream_seq === 1, 'the first row is confirmed');
    await first.close();
    const second = await member();
    await until(() => second.got.length === 2, 'the others came again');
    expect(second.got.map((m) => m.n).sort()).toEqual([2, 3]);
    for (const m of second.got) m.done();
    await until(async () => (await info()).ack_floor.stream_seq === 3, 'they are confirmed');
    await second.close();
  }, 30_000);

  it('loses nothing into a stream and out of it, and doubles nothing in the stream, when the server is killed three times under load', async () => {
    await makeStream('kill');
    const out = await sink({ subject: 'kill.x', jetstream: true });
    const back = await source('kill.>', { stream: 'kill', deliverPolicy: 'all', ackWait: '1s' });
    const sent = await underKills(out, server, { kills: 3, row: (n) => ({ n }), perTick: 5 });
    await out.settled();
    expect(out.health()).toMatchObject({ parked: 0, dropped: 0, refused: 0 });
    const came = () => new Set(back.got.map((x) => x['n'])).size;
    await until(() => came() === sent, 'all rows came back', 30_000);
    await nc.close();
    nc = await ask();
    const { state } = await (await jetstreamManager(nc)).streams.info('kill');
    expect(state.messages).toBe(sent);
  }, 90_000);

  it('waits with a wrong password and does not show it', async () => {
    const r = await sink({ subject: 'x', password: 'wr0ng' });
    await r.send({ n: 1 });
    await until(() => /Authorization/i.test(r.health().message), 'the reason is shown');
    expect(r.health().parked).toBe(0);
    expect(JSON.stringify([r.health(), r.lines])).not.toContain('wr0ng');
  });

  it.each([
    [{ subject: 'a' }, 'servers is required'],
    [{ servers: 'h' }, 'subject is required'],
    [{ servers: 'h', subject: 'a.*' }, 'is not a subject to publish to'],
    [{ servers: 'h', subject: '$SYS.x' }, 'is not a subject to publish to'],
    [{ servers: 'h', subject: 'a', fields: ['a'], excludeFields: ['b'] }, 'cannot both be set'],
  ])('refuses the rule with %j', (props, text) => {
    expect(() => nats.sink!.create().configure!(props)).toThrow(text);
  });

  it('refuses a source whose DATASOURCE is no subject', () => {
    expect(() => nats.source!.create().configure!('', { servers: 'h' })).toThrow('is not a subject');
    expect(() => nats.source!.create().configure!('a b', { servers: 'h' })).toThrow('is not a subject');
  });
});
