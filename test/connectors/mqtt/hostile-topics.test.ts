// A real broker and topics that messages chose: what the broker would end the connection for never gets to it, and the good message behind is published.
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, type Mosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';

let broker: Mosquitto | undefined;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await broker?.stop();
  broker = undefined;
});

const HOSTILE = [
  '',
  '#',
  'a/#',
  '+',
  '$SYS/broker/x',
  '$share/g/t',
  'a\0b',
  'a\nb',
  'a\u001fb',
  'a\u007fb',
  'a\u009fb',
  '\ufdd0',
  'a\ufffe',
  '\u{10ffff}',
  '\ud800',
  'x'.repeat(65_536),
  `${'a/'.repeat(200)}b`,
];
const HONEST = ['dev/7', '/dev', 'dev//x', 'Grüße/🌡', 'a b', '..', 'x'.repeat(65_535), `${'a/'.repeat(199)}b`, '\ufeffbom', 'a\u00a0b'];

describe.runIf(haveMosquitto)('topics that messages choose', () => {
  // @covers issue:13#1
  it('cost their own message, the connection stays, and every other message arrives', async () => {
    broker = await startMosquitto();
    const got: string[] = [];
    const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'));
    closers.push(() => client.endAsync(true));
    client.on('message', (topic) => got.push(topic));
    await client.subscribeAsync('#');
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: broker.url, topic: '{{.d}}', qos: 1, properties: { k: '{{.d}}' }, protocolVersion: '5' });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const states = ctx.states.length;
    for (const [i, topic] of HOSTILE.entries()) {
      await expect((async () => sink.collect(ctx, 'x', { topic, properties: { k: '' } }))(), String(i)).rejects.toMatchObject({
        code: 'VALUE_REFUSED',
      });
      await sink.collect(ctx, 'x', { topic: `good/${i}`, properties: { k: 'v' } });
    }
    for (const topic of HONEST) await sink.collect(ctx, 'x', { topic, properties: { k: topic } });
    await until(() => got.length === HOSTILE.length + HONEST.length, 'all messages');
    expect(got).toEqual([...HOSTILE.map((_, i) => `good/${i}`), ...HONEST]);
    expect(ctx.states.length).toBe(states);
  });
});
