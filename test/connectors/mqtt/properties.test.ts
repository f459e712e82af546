// Properties of MQTT sources and sinks: eKuiper's error texts, what a sink publishes, the end of input, versions.
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import mqttConnector from '../../../src/connectors/mqtt/index.ts';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { packetBytes } from '../../../src/connectors/mqtt/unwelcome.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';

let broker: Mosquitto | undefined;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await broker?.remove();
  broker = undefined;
});
const sourceError = (topic: string, props: Record<string, unknown>) => {
  try {
    createMqttSource().configure!(topic, props);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};
const sinkError = (props: Record<string, unknown>) => {
  try {
    createMqttSink().configure!({ server: 'tcp://h:1', ...props });
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('MQTT properties', () => {
  it('wrong ones are refused in the words of eKuiper', () => {
    const server = 'tcp://h:1';
    expect(sourceError('t', {})).toBe('missing server property');
    expect(sourceError('', { server })).toBe('topic is required');
    expect(sourceError('t', { server, protocolVersion: '6' })).toBe('unsupported protocol version 6');
    expect(sourceError('t', { server, qos: 3 })).toBe('invalid qos value 3, the value could be only int 0 or 1 or 2');
    expect(sourceError('a/#/b', { server })).toMatch(/# is allowed as the last level only/);
    expect(sourceError('t', { server: 'ftp://x' })).toMatch(/unknown scheme "ftp"; use tcp, ssl, ws or wss/);
    expect(sinkError({})).toBe('mqtt sink is missing property topic');
    expect(sinkError({ topic: 'a/#' })).toBe("mqtt sink topic shouldn't contain # or +");
    expect(sinkError({ topic: 'a', qos: 9 })).toBe('invalid qos value 9, the value could be only int 0 or 1 or 2');
    expect(sourceError('$share/g', { server })).toMatch(/a shared subscription is written \$share\/GROUP\/TOPIC/);
    expect(sourceError('$share//t', { server })).toMatch(/\$share\/GROUP\/TOPIC/);
    expect(sourceError('t', { server, tlsMinVersion: 'tls2' })).toMatch(/tlsMinVersion.*is not one of tls1.0/);
    // names match in any case
    expect(sourceError('t', { SERVER: server, ClientId: 'x', QoS: 2 })).toBe('');
  });
});

describe.runIf(haveMosquitto)('MQTT sink', () => {
  for (const qos of [0, 1, 2])
    it(`publishes topic, retained flag and user properties (QoS ${qos})`, async () => {
      broker = await startMosquitto();
      const got: { topic: string; text: string; retain: boolean; user: unknown }[] = [];
      const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'), { protocolVersion: 5 });
      closers.push(() => client.endAsync(true));
      client.on('message', (topic, payload, packet) =>
        got.push({ topic, text: payload.toString(), retain: packet.retain, user: packet.properties?.userProperties }),
      );
      await client.subscribeAsync({ '#': { qos: 2, rap: true } as never });
      const ctx = createTestContext('sink');
      const sink = createMqttSink();
      await sink.configure!({
        server: broker.url,
        topic: 'out/{{.id}}',
        qos,
        retained: '{{.keep}}',
        properties: { unit: '{{.unit}}' },
        protocolVersion: '5',
      });
      await sink.open(ctx, () => undefined);
      closers.push(() => sink.close(ctx));
      await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
      await sink.collect(ctx, '{"v":1}', { topic: 'out/7', retained: 'true', properties: { unit: 'C' } });
      await sink.collect(ctx, Buffer.from('x'), { topic: 'out/8', retained: 'false', properties: { unit: 'K' } });
      await until(() => got.length === 2, 'two messages');
      expect(got).toMatchObject([
        { topic: 'out/7', text: '{"v":1}', retain: true, user: { unit: 'C' } },
        { topic: 'out/8', text: 'x', retain: false, user: { unit: 'K' } },
      ]);
      // a template that gives no topic costs that item only
      await expect((async () => sink.collect(ctx, 'x', { topic: 'a/+', retained: '', properties: { unit: '' } }))()).rejects.toThrow(
        /"a\/\+" is not a topic to publish to/,
      );
    });

  for (const qos of [1, 2])
    it(`never has more on the wire than an MQTT 5 broker takes at a time (QoS ${qos})`, async () => {
      broker = await startMosquitto('allow_anonymous true\nmax_inflight_messages 3');
      const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
      closers.push(() => client.endAsync(true));
      const got = new Set<string>();
      client.on('message', (_topic, payload) => got.add(payload.toString()));
      await client.subscribeAsync('out', { qos: 2 });
      const ctx = createTestContext('sink');
      const sink = createMqttSink();
      await sink.configure!({ server: broker.url, topic: 'out', qos, protocolVersion: '5' });
      await sink.open(ctx, () => undefined);
      closers.push(() => sink.close(ctx));
      await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
      const answers = Array.from({ length: 200 }, async (_, i) => sink.collect(ctx, String(i)));
      expect((await Promise.allSettled(answers)).filter((a) => a.status === 'rejected')).toEqual([]);
      await until(() => got.size === 200, 'all arrive');
      // those that wait for their turn fail with the connection, as those on the wire
      const rest = Promise.allSettled(Array.from({ length: 50 }, async () => sink.collect(ctx, 'x')));
      await broker.stop('SIGKILL');
      for (const a of await rest) if (a.status === 'rejected') expect(a.reason).toMatchObject({ retriable: true });
      await broker.start();
      await until(() => ctx.states.at(-1)?.state === 'connected', 'back');
      await Promise.all(Array.from({ length: 50 }, async () => sink.collect(ctx, 'y')));
    });

  it('a packet that an MQTT 5 broker would not take is refused at once, to the byte', async () => {
    broker = await startMosquitto('allow_anonymous true\nmax_packet_size 1000');
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: broker.url, topic: 'topic', qos: 1, protocolVersion: '5', properties: { unit: 'C' } });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const largest = 1000 - packetBytes('topic', '', 1, { unit: 'C' }) - 1; // one byte more for the length
    await sink.collect(ctx, 'x'.repeat(largest));
    await expect((async () => sink.collect(ctx, 'x'.repeat(largest + 1)))()).rejects.toThrow(
      /1001 bytes is larger than the broker accepts \(1000\)/,
    );
    await sink.collect(ctx, 'goes on');
    expect(ctx.states.map((s) => s.state)).not.toContain('disconnected');
  });

  it('refuses to publish while the broker is away, with a retriable error', async () => {
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: 'tcp://127.0.0.1:1', topic: 't', qos: 1 });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'away');
    await expect((async () => sink.collect(ctx, 'x'))()).rejects.toMatchObject({ retriable: true });
  });
});

describe.runIf(haveMosquitto)('MQTT source', () => {
  it('eofMessage ends the source', async () => {
    broker = await startMosquitto();
    const ctx = createTestContext();
    const source = createMqttSource();
    const ends: unknown[] = [];
    await source.configure!('t', { server: broker.url, eofMessage: Buffer.from('END').toString('base64') });
    await source.open(
      ctx,
      () => undefined,
      (error) => void ends.push(error),
    );
    closers.push(() => source.close(ctx, 'stopped'));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    closers.push(() => client.endAsync(true));
    await client.publishAsync('t', 'END', { qos: 1 });
    await until(() => ends.length === 1, 'end');
    expect(ends[0]).toMatchObject({ code: 'END_OF_INPUT' });
  });

  for (const protocolVersion of ['', '3.1', '3.1.1', '4', '5'])
    it(`connects with protocol version "${protocolVersion}"`, async () => {
      broker = await startMosquitto();
      await mqttConnector.connection!.test({ server: broker.url, protocolVersion }, AbortSignal.timeout(4000));
    });
});
