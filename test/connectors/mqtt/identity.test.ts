// One client id is one connection: brokers throw the older of two out. And: a message goes to the streams whose topics it matches, once.
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { stableClientId } from '../../../src/connectors/mqtt/client-id.ts';
import mqttConnector from '../../../src/connectors/mqtt/index.ts';
import type { ConnectionProps } from '../../../src/connectors/mqtt/options.ts';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
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

type Pool = NonNullable<Parameters<typeof createTestContext>[1]>;

async function open(topic: string, props: Record<string, unknown>, pool: Pool = new Map()) {
  const got: string[] = [];
  const ctx = createTestContext(topic, pool);
  const source = createMqttSource();
  await source.configure!(topic, { server: broker!.url, qos: 1, ...props });
  await source.open(
    ctx,
    (data, _meta, ack) => {
      got.push(Buffer.from(data as Uint8Array).toString());
      ack?.();
    },
    () => undefined,
  );
  await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
  const close = (reason: 'stopped' | 'shutdown' = 'stopped') => source.close(ctx, reason);
  closers.push(close);
  return { got, ctx, close };
}
async function publisher() {
  const c = await mqtt.connectAsync(broker!.url.replace('tcp:', 'mqtt:'));
  closers.push(() => c.endAsync(true));
  return (topic: string, text: string | Buffer) => c.publishAsync(topic, text, { qos: 1 });
}

describe.runIf(haveMosquitto)('MQTT client ids', () => {
  it('a connection test leaves the connection of a rule with the same client id alone', async () => {
    broker = await startMosquitto();
    const rule = await open('t', { clientid: 'fixed', enableClientSession: true });
    await mqttConnector.connection!.test({ server: broker.url, clientid: 'fixed' }, AbortSignal.timeout(4000));
    await (await publisher())('t', 'x');
    await until(() => rule.got.length === 1, 'message');
    expect(rule.ctx.states.map((s) => s.state)).not.toContain('disconnected');
  });

  for (const protocolVersion of ['3.1.1', '5'])
    it(`two sources and a sink with one client id share its connection, each with its own topics (MQTT ${protocolVersion})`, async () => {
      broker = await startMosquitto();
      const pool: Pool = new Map();
      const props = { clientid: 'both', protocolVersion };
      const a = await open('a/#', props, pool);
      const b = await open('b/+', props, pool);
      const ctx = createTestContext('sink', pool);
      const sink = createMqttSink();
      await sink.configure!({ server: broker.url, topic: 'a/out', qos: 1, ...props });
      await sink.open(ctx, () => undefined);
      closers.push(() => sink.close(ctx));
      expect(pool.size).toBe(1);
      const publish = await publisher();
      await publish('b/1', 'for b');
      await sink.collect(ctx, 'for a');
      await until(() => a.got.length === 1 && b.got.length === 1, 'both');
      expect([a.got, b.got]).toEqual([['for a'], ['for b']]);
      await a.close();
      await publish('a/1', 'nobody');
      await publish('b/2', 'again');
      await until(() => b.got.length === 2, 'b reads on');
      expect(b.got).toEqual(['for b', 'again']);
    });

  it('what an old session still subscribes to does not come into a stream of another topic', async () => {
    broker = await startMosquitto();
    const props = { clientid: 'kept', enableClientSession: true };
    await (await open('old', props)).close('shutdown');
    const publish = await publisher();
    await publish('old', 'old topic, waited');
    const now = await open('new/#', props);
    await publish('old', 'old topic');
    await publish('new/x', 'new topic');
    await until(() => now.got.length > 0, 'message');
    expect(now.got).toEqual(['new topic']);
  });

  it('a change of password or time-outs finds the messages that wait in the session', async () => {
    broker = await startMosquitto();
    await (await open('t', { username: 'u', password: 'before' })).close('shutdown');
    await (await publisher())('t', 'waited');
    const after = await open('t', { username: 'u', password: 'after', keepAlive: '9s' });
    await until(() => after.got.length === 1, 'what waited');
  });

  it('the id that the gateway makes holds no login of the address', () => {
    const id = (server: string) => stableClientId({ gatewayId: 'g' }, ['t'], { server, qos: 1 } as ConnectionProps & { qos: number });
    expect(id('tcp://u:one@h:1,tcp://u:one@i:1')).toBe(id('tcp://u:two@h:1,tcp://i:1'));
    expect(id('tcp://h:1')).not.toBe(id('tcp://h:2'));
    expect(id('tcp://h:1').length).toBeLessThanOrEqual(23);
  });

  it('another program with the same client id is named as the reason', async () => {
    broker = await startMosquitto();
    const ours = await open('t', { clientid: 'twice', protocolVersion: '5' });
    const other = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'), { clientId: 'twice', reconnectPeriod: 0 });
    closers.push(() => other.endAsync(true));
    await until(() => ours.ctx.states.some((s) => s.state === 'disconnected'), 'thrown out');
    expect(ours.ctx.states.find((s) => s.state === 'disconnected')!.message).toMatch(/another client with the (client )?id "twice"/);
  });
});

describe.runIf(haveMosquitto)('MQTT messages', () => {
  it('filters of one source that overlap give a message once', async () => {
    broker = await startMosquitto();
    const publish = await publisher();
    for (const protocolVersion of ['5', '3.1.1']) {
      const s = await open('o/#, o/+, o/a', { protocolVersion });
      await publish('o/a', 'once');
      await publish('o/b/c', 'end');
      await until(() => s.got.includes('end'), 'both');
      expect(s.got).toEqual(['once', 'end']);
      await s.close();
    }
  });

  it('sources of a named connection whose filters overlap get a message once each', async () => {
    broker = await startMosquitto();
    const pool: Pool = new Map();
    const a = await open('o/#', { connectionSelector: 'c' }, pool);
    const b = await open('+/x', { connectionSelector: 'c' }, pool);
    const publish = await publisher();
    await publish('o/x', 'for both');
    await publish('o/y', 'end a');
    await publish('p/x', 'end b');
    await until(() => a.got.includes('end a') && b.got.includes('end b'), 'all');
    expect([a.got, b.got]).toEqual([
      ['for both', 'end a'],
      ['for both', 'end b'],
    ]);
  });

  it('of 5 MB come through when maxPacketSize says so', async () => {
    broker = await startMosquitto();
    for (const protocolVersion of ['5', '3.1.1']) {
      const s = await open('big', { protocolVersion, maxPacketSize: 5_000_000 });
      await (await publisher())('big', Buffer.alloc(5_000_000, 97));
      await until(() => s.got.length === 1, `5 MB over MQTT ${protocolVersion}`);
      expect(s.got[0]!.length).toBe(5_000_000);
      await s.close();
    }
  });
});
