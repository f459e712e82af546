// Acknowledgement against a real broker: what is not acknowledged comes again, what is acknowledged does not, keep-alives go on meanwhile.
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

async function openSource(
  ctx: ReturnType<typeof createTestContext>,
  props: Record<string, unknown>,
  onMessage: (text: string, ack: (() => void) | undefined) => void,
) {
  const source = createMqttSource();
  await source.configure!('t/#', props);
  await source.open(
    ctx,
    (data, _meta, ack) => onMessage(Buffer.from(data as Uint8Array).toString(), ack),
    (error) => {
      throw error;
    },
  );
  await until(() => ctx.states.at(-1)?.state === 'connected', 'source connected');
  return source;
}

async function publisher(url: string) {
  const client = await mqtt.connectAsync(url.replace('tcp:', 'mqtt:'));
  closers.push(() => client.endAsync());
  return client;
}

describe.runIf(haveMosquitto)('MQTT acknowledgement', () => {
  // each with messages of its own QoS: those of QoS 1 say nothing about QoS 2
  for (const protocolVersion of ['3.1.1', '5'])
    for (const qos of [1, 2] as const)
      it(`gives unacknowledged messages again after the gateway died (MQTT ${protocolVersion}, QoS ${qos})`, async () => {
        broker = await startMosquitto('allow_anonymous true\nmax_queued_messages 0');
        const props = { server: broker.url, protocolVersion, qos };
        const seen: string[] = [];
        const first = createTestContext();
        const held: (() => void)[] = [];
        const source = await openSource(first, props, (text, ack) => {
          seen.push(text);
          held.push(ack!);
        });
        const pub = await publisher(broker.url);
        for (let i = 0; i < 40; i++) await pub.publishAsync('t/a', String(i), { qos });
        // a broker with MQTT 3.1.1 gives 20 at a time: acknowledging the first five lets five more come
        await until(() => seen.length >= 20, 'first messages');
        for (const ack of held.splice(0, 5)) ack();
        await until(() => seen.length >= 25, 'messages after acknowledgement');
        // die without a word: nothing more is acknowledged
        await source.close(first, 'shutdown');
        const again: string[] = [];
        const second = createTestContext();
        const next = await openSource(second, props, (text, ack) => {
          again.push(text);
          ack!();
        });
        closers.push(() => next.close(second, 'stopped'));
        await until(() => again.length >= 35, 'the other 35 messages');
        expect(again).toEqual(Array.from({ length: 35 }, (_, i) => String(i + 5)));
      });

  it('keeps the connection alive while everything is held', async () => {
    broker = await startMosquitto();
    const ctx = createTestContext();
    let count = 0;
    const source = await openSource(ctx, { server: broker.url, qos: 1, keepAlive: '1s' }, () => void count++);
    closers.push(() => source.close(ctx, 'stopped'));
    const pub = await publisher(broker.url);
    for (let i = 0; i < 20; i++) await pub.publishAsync('t/a', String(i), { qos: 1 });
    await until(() => count === 20, 'messages');
    await new Promise((resolve) => setTimeout(resolve, 3200)); // three keep-alive intervals
    expect(ctx.states.filter((s) => s.state === 'disconnected')).toEqual([]);
  });

  it('does not give a message twice when only the connection broke', async () => {
    broker = await startMosquitto('allow_anonymous true\npersistence true\npersistence_location {folder}/');
    const ctx = createTestContext();
    const seen: string[] = [];
    const held: (() => void)[] = [];
    const source = await openSource(ctx, { server: broker.url, qos: 1 }, (text, ack) => {
      seen.push(text);
      held.push(ack!);
    });
    closers.push(() => source.close(ctx, 'stopped'));
    const pub = await publisher(broker.url);
    for (let i = 0; i < 5; i++) await pub.publishAsync('t/a', String(i), { qos: 1 });
    await until(() => seen.length === 5, 'messages');
    held[0]!(); // acknowledged while connected
    await broker.stop();
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'loss noticed');
    held[1]!(); // acknowledged while away: answered after the reconnect
    await broker.start();
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected again');
    for (const ack of held.slice(2)) ack();
    await pub.publishAsync('t/a', 'new', { qos: 1 });
    await until(() => seen.includes('new'), 'new message');
    expect(seen).toEqual(['0', '1', '2', '3', '4', 'new']);
  });

  it('says in plain words that nothing listens, and connects when the broker comes', async () => {
    broker = await startMosquitto();
    await broker.stop();
    const ctx = createTestContext();
    const source = createMqttSource();
    await source.configure!('t/#', { server: broker.url });
    await source.open(
      ctx,
      () => undefined,
      () => undefined,
    );
    closers.push(() => source.close(ctx, 'stopped'));
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'loss');
    expect(ctx.states.at(-1)!.message).toContain('nothing listens there');
    await broker.start();
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected', 6000);
  });
});
