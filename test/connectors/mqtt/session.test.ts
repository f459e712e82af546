// Sessions at the broker: kept over a restart of the gateway, ended with the rule unless the user asked for them; broker restarts without loss.
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';

let broker: Mosquitto | undefined;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await broker?.remove();
  broker = undefined;
});

async function open(topic: string, props: Record<string, unknown>, ctx = createTestContext()) {
  const got: { text: string; meta: Record<string, unknown> }[] = [];
  const source = createMqttSource();
  await source.configure!(topic, { server: broker!.url, ...props });
  await source.open(
    ctx,
    (data, meta, ack) => {
      got.push({ text: Buffer.from(data as Uint8Array).toString(), meta: meta as Record<string, unknown> });
      ack?.();
    },
    () => undefined,
  );
  await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
  return { source, got, ctx };
}
async function client(options: mqtt.IClientOptions = {}) {
  const c = await mqtt.connectAsync(broker!.url.replace('tcp:', 'mqtt:'), options);
  closers.push(() => c.endAsync(true));
  return c;
}

describe.runIf(haveMosquitto)('MQTT sessions', () => {
  for (const protocolVersion of ['3.1.1', '5']) {
    for (const [what, props, reason, kept] of [
      ['of a stopped rule ends', {}, 'stopped', false],
      ['that the user asked for outlives the rule', { enableClientSession: true }, 'stopped', true],
      ['is kept over a restart of the gateway', {}, 'shutdown', true],
    ] as const)
      it(`a session ${what} (MQTT ${protocolVersion})`, async () => {
        broker = await startMosquitto();
        const first = await open('t/#', { protocolVersion, qos: 1, ...props });
        await first.source.close(first.ctx, reason);
        const pub = await client();
        await pub.publishAsync('t/a', 'meanwhile', { qos: 1 });
        const second = await open('t/#', { protocolVersion, qos: 1, ...props });
        closers.push(() => second.source.close(second.ctx, 'stopped'));
        await pub.publishAsync('t/a', 'now', { qos: 1 });
        await until(() => second.got.at(-1)?.text === 'now', 'the message of now');
        expect(second.got.map((g) => g.text)).toEqual(kept ? ['meanwhile', 'now'] : ['now']);
      });
  }

  for (const [protocolVersion, version] of [
    ['3.1.1', 4],
    ['5', 5],
  ] as const)
    for (const [reason, present] of [
      ['stopped', false],
      ['shutdown', true],
    ] as const)
      it(`the broker ${present ? 'has' : 'has no'} session after ${reason} (MQTT ${protocolVersion})`, async () => {
        broker = await startMosquitto();
        const { source, ctx } = await open('t/#', { protocolVersion, qos: 1, clientid: 'looked-for' });
        await source.close(ctx, reason);
        const c = mqtt.connect(broker.url.replace('tcp:', 'mqtt:'), {
          clientId: 'looked-for',
          clean: false,
          protocolVersion: version,
          ...(version === 5 ? { properties: { sessionExpiryInterval: 60 } } : {}),
        });
        closers.push(() => c.endAsync(true));
        const connack = await new Promise<mqtt.IConnackPacket>((resolve) => c.once('connect', resolve));
        expect(connack.sessionPresent).toBe(present);
      });

  it('retained messages, user properties, wildcards and topic lists', async () => {
    broker = await startMosquitto();
    const pub = await client({ protocolVersion: 5 });
    await pub.publishAsync('a/1/t', 'kept', { retain: true, qos: 1 });
    const { got, source, ctx } = await open('a/+/t, b/#', { protocolVersion: '5' });
    closers.push(() => source.close(ctx, 'stopped'));
    await until(() => got.length === 1, 'retained');
    await pub.publishAsync('b/x/y', 'two', {
      qos: 1,
      properties: { userProperties: { unit: 'C', traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7-01' } },
    });
    await pub.publishAsync('c', 'not for us', { qos: 1 });
    await pub.publishAsync('a/2/t', 'three', { qos: 0 });
    await until(() => got.length === 3, 'three messages');
    expect(got.map((g) => [g.text, g.meta['topic'], g.meta['qos']])).toEqual([
      ['kept', 'a/1/t', 1],
      ['two', 'b/x/y', 1],
      ['three', 'a/2/t', 0],
    ]);
    expect(got[1]!.meta['properties']).toMatchObject({ unit: 'C' });
    expect(got[1]!.meta['traceId']).toBe('0af7651916cd43dd8448eb211c80319c');
  });

  it('a shared subscription divides the messages', async () => {
    broker = await startMosquitto();
    const a = await open('$share/g/s/#', { clientid: 'share-a' }, createTestContext('a'));
    const b = await open('$share/g/s/#', { clientid: 'share-b' }, createTestContext('b'));
    closers.push(
      () => a.source.close(a.ctx, 'stopped'),
      () => b.source.close(b.ctx, 'stopped'),
    );
    const pub = await client();
    for (let i = 0; i < 20; i++) await pub.publishAsync('s/x', String(i), { qos: 1 });
    await until(() => a.got.length + b.got.length === 20, 'all messages');
    expect([...a.got, ...b.got].map((g) => Number(g.text)).sort((x, y) => x - y)).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(Math.min(a.got.length, b.got.length)).toBeGreaterThan(0);
  });

  it('sources with one connection selector share one connection', async () => {
    broker = await startMosquitto();
    const pool = new Map();
    const a = await open('x/#', { connectionSelector: 'c1', clientid: 'same' }, createTestContext('a', pool));
    const b = await open('x/1', { connectionSelector: 'c1', clientid: 'same' }, createTestContext('b', pool));
    expect(pool.size).toBe(1);
    const pub = await client();
    await pub.publishAsync('x/1', 'both', { qos: 1 });
    await until(() => a.got.length >= 1 && b.got.length >= 1, 'both');
    await a.source.close(a.ctx, 'stopped');
    await pub.publishAsync('x/1', 'one', { qos: 1 });
    await until(() => b.got.at(-1)?.text === 'one', 'b reads on');
    await b.source.close(b.ctx, 'stopped');
    expect(pool.size).toBe(0);
  });

  it('messages that waited for a named connection reach the source that joins late', async () => {
    broker = await startMosquitto();
    const named = (topic: string, pool: NonNullable<Parameters<typeof createTestContext>[1]>) =>
      open(topic, { connectionSelector: 'c2', qos: 1 }, createTestContext(topic, pool));
    const pool = new Map();
    const before = [await named('a/#', pool), await named('b/#', pool)];
    for (const { source, ctx } of before) await source.close(ctx, 'shutdown');
    const pub = await client();
    await pub.publishAsync('b/1', 'waited', { qos: 1 });
    const a = await named('a/#', pool);
    await pub.publishAsync('a/1', 'now', { qos: 1 });
    await until(() => a.got.length === 1, 'a reads');
    const b = await named('b/#', pool);
    await until(() => b.got.length === 1, 'what waited for b');
    expect([...a.got, ...b.got].map((g) => g.text)).toEqual(['now', 'waited']);
    for (const { source, ctx } of [a, b]) await source.close(ctx, 'stopped');
  });

  it('goes to the next server when one is away', async () => {
    broker = await startMosquitto();
    const { source, ctx, got } = await open('t', { server: `tcp://127.0.0.1:1,${broker.url}` });
    closers.push(() => source.close(ctx, 'stopped'));
    await (await client()).publishAsync('t', 'x', { qos: 1 });
    await until(() => got.length === 1, 'message');
  });

  const restarts = Number(process.env['KUIPER_BROKER_RESTARTS'] ?? 3);
  it(`${restarts} broker restarts: data flows within 5 s, nothing is lost at QoS 1, at most one attempt a second`, {
    timeout: 15_000 + restarts * 12_000,
  }, async () => {
    broker = await startMosquitto('allow_anonymous true\npersistence true\npersistence_location {folder}/\nautosave_interval 1');
    const { source, ctx, got } = await open('t/#', { qos: 1 });
    closers.push(() => source.close(ctx, 'stopped'));
    let sent = 0;
    let slowestMs = 0;
    for (let n = 0; n < restarts; n++) {
      let pub = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
      for (let i = 0; i < 20; i++) await pub.publishAsync('t/a', String(sent++), { qos: 1 });
      await pub.endAsync();
      const tries = ctx.states.length;
      const downAtMs = performance.now();
      await broker.stop();
      await until(() => ctx.states.at(-1)?.state === 'disconnected', 'loss noticed');
      await broker.start();
      const upAtMs = performance.now();
      pub = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
      for (let i = 0; i < 20; i++) await pub.publishAsync('t/a', String(sent++), { qos: 1 });
      await until(() => got.at(-1)?.text === String(sent - 1), 'data flows', 6000);
      slowestMs = Math.max(slowestMs, performance.now() - upAtMs);
      await pub.endAsync();
      const attempts = ctx.states.slice(tries).filter((s) => s.state === 'disconnected').length;
      expect(attempts).toBeLessThanOrEqual(1 + (performance.now() - downAtMs) / 1000);
    }
    expect([...new Set(got.map((g) => Number(g.text)))]).toEqual(Array.from({ length: sent }, (_, i) => i));
    expect(slowestMs).toBeLessThan(5000);
    if (restarts > 20) console.log(`data after at most ${Math.round(slowestMs)} ms; ${got.length - sent} repeats of ${sent}`);
  });
});
