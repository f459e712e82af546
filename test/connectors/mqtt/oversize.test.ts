// Messages above maxPacketSize against a real broker: skipped, counted, confirmed; those between come through, memory stays bounded.
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

async function open(props: Record<string, unknown>, filter = 't/#') {
  const got: string[] = [];
  const dropped: [number, string][] = [];
  const ctx = { ...createTestContext(), dropped: (n: number, reason: string) => void dropped.push([n, reason]) };
  const source = createMqttSource();
  await source.configure!(filter, { server: broker!.url, ...props });
  await source.open(
    ctx,
    (data, _meta, ack) => {
      got.push(Buffer.from(data as Uint8Array).toString());
      ack?.();
    },
    (error) => {
      throw error;
    },
  );
  await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
  const close = (reason: 'stopped' | 'shutdown') => source.close(ctx, reason);
  return { got, dropped, ctx, close };
}

async function publisher() {
  const client = await mqtt.connectAsync(broker!.url.replace('tcp:', 'mqtt:'), { protocolVersion: 5 });
  closers.push(() => client.endAsync(true));
  return client;
}

describe.runIf(haveMosquitto)('MQTT messages above maxPacketSize', () => {
  // @covers issue:13#2
  for (const protocolVersion of ['3.1.1', '5'])
    for (const qos of [0, 1, 2] as const)
      it(`good ones between messages of 5 MB all come, the large ones are counted and confirmed (MQTT ${protocolVersion}, QoS ${qos})`, async () => {
        broker = await startMosquitto();
        const s = await open({ protocolVersion, qos, keepAlive: '1s' });
        const pub = await publisher();
        for (let i = 0; i < 6; i++) {
          await pub.publishAsync('t/small', String(i), { qos });
          await pub.publishAsync('t/big', Buffer.alloc(5_000_000 + i, 97), { qos });
        }
        await pub.publishAsync('t/small', 'last', { qos });
        await until(() => s.got.at(-1) === 'last', 'the last one');
        expect(s.got).toEqual(['0', '1', '2', '3', '4', '5', 'last']);
        expect(s.dropped).toEqual(
          Array.from({ length: 6 }, (_, i) => [1, `payload of ${5_000_000 + i} bytes on topic t/big is above maxPacketSize (1048576)`]),
        );
        expect(s.ctx.states.filter((x) => x.state === 'disconnected')).toEqual([]);
        if (qos === 0) return s.close('stopped');
        // confirmed: the session has none of them any more
        await s.close('shutdown');
        const again = await open({ protocolVersion, qos });
        await pub.publishAsync('t/small', 'after', { qos });
        await until(() => again.got.length > 0, 'the next one');
        expect(again.got).toEqual(['after']);
        expect(again.dropped).toEqual([]);
        await again.close('stopped');
      });

  it('a payload of exactly the limit is taken, one byte more is not', async () => {
    broker = await startMosquitto();
    for (const [props, limit] of [
      [{}, 1024 * 1024],
      [{ maxPacketSize: 2000 }, 2000],
    ] as const) {
      const s = await open(props);
      const pub = await publisher();
      await pub.publishAsync('t/a', Buffer.alloc(limit, 97), { qos: 1 });
      await pub.publishAsync('t/a', Buffer.alloc(limit + 1, 97), { qos: 1 });
      await pub.publishAsync('t/a', 'last', { qos: 1 });
      await until(() => s.got.at(-1) === 'last', 'the last one');
      expect(s.got.map((g) => g.length)).toEqual([limit, 4]);
      expect(s.dropped.length).toBe(1);
      await s.close('stopped');
    }
  });

  // @covers issue:13#2
  it('200 MB go by within a few megabytes of memory, also over several keep-alives', { timeout: 120_000 }, async () => {
    broker = await startMosquitto();
    const s = await open({ qos: 1, keepAlive: '2s' });
    const { createConnection } = await import('node:net');
    // written by hand: a client would hold the message as a whole in this process
    const socket = createConnection(broker.port, '127.0.0.1');
    socket.on('error', () => undefined);
    closers.push(() => socket.destroy());
    const write = (data: Buffer) => new Promise<void>((resolve) => void socket.write(data, () => resolve()));
    await write(Buffer.from([0x10, 13, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 0, 0, 1, 0x78]));
    const bytes = 200_000_000;
    const head = Buffer.from([0x32, 0, 0, 0, 0, 0, 5, 0x74, 0x2f, 0x62, 0x69, 0x67, 0, 1]);
    let rest = head.length - 5 + bytes;
    for (let i = 1; i <= 4; i++, rest = Math.floor(rest / 128)) head[i] = (rest % 128) + (i < 4 ? 128 : 0);
    await write(head);
    globalThis.gc?.();
    const before = process.memoryUsage();
    let most = 0;
    const chunk = Buffer.alloc(1_000_000, 97);
    for (let i = 0; i < bytes / chunk.length; i++) {
      await write(chunk);
      const now = process.memoryUsage();
      most = Math.max(most, now.external - before.external);
    }
    const watch = setInterval(() => {
      const now = process.memoryUsage();
      most = Math.max(most, now.external - before.external);
    }, 5);
    await until(() => s.dropped.length === 1, 'the large one', 60_000);
    clearInterval(watch);
    expect(s.dropped).toEqual([[1, 'payload of 200000000 bytes on topic t/big is above maxPacketSize (1048576)']]);
    // chunks of the socket that wait for the collector; a message that lay in memory would be 200 MB at least
    expect(most).toBeLessThan(150_000_000);
    const pub = await publisher();
    await pub.publishAsync('t/small', 'after', { qos: 1 });
    await until(() => s.got.length === 1, 'the next one');
    expect(s.ctx.states.filter((x) => x.state === 'disconnected')).toEqual([]);
    await s.close('stopped');
  });

  it('the limit is not announced to the broker, and a message of two sources is counted at both', async () => {
    broker = await startMosquitto();
    const pool = new Map();
    const make = async (filter: string) => {
      const dropped: string[] = [];
      const ctx = { ...createTestContext(filter, pool), dropped: (_n: number, reason: string) => void dropped.push(reason) };
      const source = createMqttSource();
      await source.configure!(filter, { server: broker!.url, connectionSelector: 'c', qos: 1, maxPacketSize: 1024 });
      await source.open(
        ctx,
        () => undefined,
        () => undefined,
      );
      closers.push(() => source.close(ctx, 'stopped'));
      await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
      return dropped;
    };
    const [a, b, c] = [await make('t/#'), await make('t/+'), await make('other')];
    await (await publisher()).publishAsync('t/x', Buffer.alloc(1025), { qos: 1 });
    await until(() => a.length > 0 && b.length > 0, 'both');
    expect([a.length, b.length, c.length]).toEqual([1, 1, 0]);
  });
});
