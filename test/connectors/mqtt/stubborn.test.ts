// Brokers that refuse: subscriptions, and confirmations.
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { createUnwelcomeWatch } from '../../../src/connectors/mqtt/unwelcome.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { until } from '../../helpers/mosquitto.ts';
import { brokerThatHangsUpOn, openStubbornBroker, type StubbornBroker } from '../../helpers/stubborn-broker.ts';

let broker: StubbornBroker | undefined;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  await broker?.close();
});

describe('MQTT with a stubborn broker', () => {
  it('a refused subscription is told with its topic, and tried again', async () => {
    broker = await openStubbornBroker({ subscriptions: true });
    const ctx = createTestContext();
    const source = createMqttSource();
    await source.configure!('closed/#', { server: broker.url, protocolVersion: '3.1.1' });
    await source.open(
      ctx,
      () => undefined,
      () => undefined,
    );
    closers.push(() => source.close(ctx, 'stopped'));
    await until(
      () => ctx.states.filter((s) => /refuses the subscription to "closed\/#": check its access rules/.test(s.message ?? '')).length >= 2,
      'two refusals',
    );
    expect(ctx.states.some((s) => s.state === 'connected')).toBe(false);
  });

  it('a broker that names its version is spoken to in 3.1.1 at the second attempt', async () => {
    broker = await openStubbornBroker({});
    const ctx = createTestContext();
    const source = createMqttSource();
    await source.configure!('t', { server: broker.url });
    await source.open(
      ctx,
      () => undefined,
      () => undefined,
    );
    closers.push(() => source.close(ctx, 'stopped'));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected', 4000);
    expect(ctx.states.filter((s) => s.state === 'disconnected').length).toBe(1);
  });

  it('a broker that hangs up on MQTT 5 without a word is tried with 3.1.1', async () => {
    const { createServer } = await import('node:net');
    const versions: number[] = [];
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (packet: Buffer) => {
        versions.push(packet[8]!);
        if (packet[8] === 4) socket.write(Buffer.from([0x20, 2, 0, 0]));
        else socket.end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: `tcp://127.0.0.1:${(server.address() as { port: number }).port}`, topic: 't' });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    expect(versions).toEqual([5, 5, 4]);
  });

  it('the reason of an MQTT 5 broker for its goodbye is told in words', async () => {
    const { createServer } = await import('node:net');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(Buffer.from([0x20, 3, 0, 0, 0]));
        setImmediate(() => socket.end(Buffer.from([0xe0, 2, 142, 0])));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: `tcp://127.0.0.1:${(server.address() as { port: number }).port}`, topic: 't', clientid: 'twice' });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'goodbye');
    expect(ctx.states.at(-1)!.message).toMatch(/another client with the client id "twice" connected.*give each client its own clientid/);
  });

  it('a message that a broker of 3.1.1 hangs up on is refused in the end, and those behind it get through', async () => {
    const clock = createVirtualClock();
    const server = await brokerThatHangsUpOn('poison');
    closers.push(() => server.close());
    const ctx = { ...createTestContext('sink'), clock };
    const sink = createMqttSink();
    await sink.configure!({ server: server.url, topic: 't', qos: 1, protocolVersion: '3.1.1' });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    const errors: string[] = [];
    let refused: Error | undefined;
    for (let n = 0; n < 30 && !refused; n++) {
      for (let i = 0; i < 400 && ctx.states.at(-1)?.state !== 'connected'; i++) await clock.advance(100);
      const small = Promise.resolve(sink.collect(ctx, 'ok'));
      await small.catch(() => undefined);
      const error = await Promise.resolve(sink.collect(ctx, 'poison'.repeat(20))).then(
        () => undefined,
        (e: Error & { retriable?: boolean }) => e,
      );
      errors.push(error?.message ?? 'taken');
      if (error && (error as { retriable?: boolean }).retriable !== true) refused = error;
      await until(() => ctx.states.at(-1)?.state !== 'connected', 'lost');
    }
    expect(refused?.message).toMatch(/closed the connection 10 times when this message of 120 bytes was sent to "t": it is too large/);
    expect(errors.length).toBe(10);
  });

  it('losses far apart, or of messages that were taken meanwhile, refuse nothing', () => {
    const refused: string[] = [];
    const publication = { topic: 't', payload: 'same', refuse: (e: Error) => void refused.push(e.message) };
    const watch = createUnwelcomeWatch();
    for (let n = 0; n < 50; n++) watch.lost([publication], n * 200_000);
    for (let n = 0; n < 50; n++) {
      watch.lost([publication], 1e9 + n);
      if (n % 5 === 4) watch.confirmed({ ...publication });
    }
    for (let n = 0; n < 50; n++) watch.lost([{ ...publication, payload: `other ${n}` }], 2e9 + n);
    expect(refused).toEqual([]);
  });

  it('a broker that confirms nothing for 5 s is taken for lost; the item may be tried again', async () => {
    broker = await openStubbornBroker({ confirmations: true });
    const clock = createVirtualClock();
    const ctx = { ...createTestContext('sink'), clock };
    const sink = createMqttSink();
    await sink.configure!({ server: broker.url, topic: 't', qos: 1, protocolVersion: '3.1.1' });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const answer = Promise.resolve(sink.collect(ctx, 'x')).then(
      () => undefined,
      (error: unknown) => error,
    );
    await clock.advance(4900);
    expect(ctx.states.at(-1)?.state).toBe('connected');
    await clock.advance(200);
    expect(await answer).toMatchObject({ retriable: true, message: 'the broker confirmed no publication for 5 s' });
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'taken for lost');
  });
});
