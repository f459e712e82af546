// Limits of brokers: those that CONNACK names, those that a refusal names, and those of brokers that hang up without a word.
import mqtt from 'mqtt';
import type { Packet } from 'mqtt-packet';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Flight,
  LearnedLimits,
  limitsOf,
  NO_LIMITS,
  notesOf,
  refusalOf,
  Supposition,
  together,
} from '../../../src/connectors/mqtt/broker-limits.ts';
import { explainDisconnect, explainPublishRefusal, explainRefusal, explainSubscribeRefusal } from '../../../src/connectors/mqtt/reasons.ts';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';
import { openScriptedBroker } from '../../helpers/scripted-broker.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openSink(props: Record<string, unknown>, topic = 'out') {
  const ctx = createTestContext('sink');
  const sink = createMqttSink();
  await sink.configure!({ topic, ...props });
  await sink.open(ctx, () => undefined);
  closers.push(() => sink.close(ctx));
  await until(() => ctx.states.at(-1)?.state === 'connected', 'the sink is connected');
  return { ctx, sink };
}

async function openSource(filters: string, props: Record<string, unknown>) {
  const ctx = createTestContext();
  const source = createMqttSource();
  await source.configure!(filters, props);
  await source.open(
    ctx,
    () => undefined,
    () => undefined,
  );
  closers.push(() => source.close(ctx, 'stopped'));
  return { ctx, source };
}

/** What a subscriber gets. */
async function listen(url: string) {
  const got: { text: string; qos: number; retain: boolean }[] = [];
  const client = await mqtt.connectAsync(url.replace('tcp:', 'mqtt:'), { protocolVersion: 5 });
  closers.push(() => client.endAsync(true));
  client.on('message', (_topic, payload, packet) => got.push({ text: payload.toString(), qos: packet.qos, retain: packet.retain }));
  await client.subscribeAsync({ out: { qos: 2, rap: true } as never });
  return got;
}
const limitLines = (ctx: { lines: Record<string, unknown>[] }) =>
  ctx.lines.filter((l) => /^MQTT_(LIMIT|GIVEN)_/.test(String(l['code']))).map((l) => l['cause']);

/** Tries as the gateway does: an error that may pass is followed by another try. */
async function insist(send: () => void | Promise<void>, deadlineMs = 15_000): Promise<void> {
  let done = false;
  await until(
    async () => {
      try {
        await send();
        done = true;
      } catch (error) {
        if ((error as { retriable?: boolean }).retriable !== true) throw error;
      }
      return done;
    },
    'delivered',
    deadlineMs,
  );
}

describe.runIf(haveMosquitto)('limits of mosquitto', () => {
  // @covers finding:field#2.6
  for (const [max, wish] of [
    [1, 2],
    [0, 2],
    [0, 1],
  ] as const)
    it(`a sink of QoS ${wish} publishes with QoS ${max} where the broker takes no more, without losing the connection`, async () => {
      const broker = await startMosquitto(`allow_anonymous true\nmax_qos ${max}`);
      closers.push(() => broker.remove());
      const got = await listen(broker.url);
      const { ctx, sink } = await openSink({ server: broker.url, qos: wish });
      for (const text of ['1', '2', '3']) await sink.collect(ctx, text);
      await until(() => got.length === 3, 'three messages');
      expect(got).toEqual(['1', '2', '3'].map((text) => ({ text, qos: max, retain: false })));
      expect(ctx.states.map((s) => s.state)).not.toContain('disconnected');
      const note = `${broker.url} takes QoS ${max} at most; messages are published with QoS ${max} instead of ${wish}${max === 0 ? ', without a confirmation' : ''}.`;
      expect(sink.notes!()).toEqual([note]);
      expect(limitLines(ctx)).toEqual([note]);
    });

  it('a retained message goes without the flag where the broker keeps none, and a note says so', async () => {
    const broker = await startMosquitto('allow_anonymous true\nretain_available false\nmax_qos 0');
    closers.push(() => broker.remove());
    const got = await listen(broker.url);
    const { ctx, sink } = await openSink({ server: broker.url, qos: 1, retained: '{{.keep}}' });
    await sink.collect(ctx, 'kept', { retained: 'true' });
    await sink.collect(ctx, 'live', { retained: 'false' });
    await until(() => got.length === 2, 'two messages');
    expect(got.map((g) => [g.text, g.retain])).toEqual([
      ['kept', false],
      ['live', false],
    ]);
    expect(ctx.states.map((s) => s.state)).not.toContain('disconnected');
    const notes = [
      `${broker.url} takes QoS 0 at most; messages are published with QoS 0 instead of 1, without a confirmation.`,
      `${broker.url} does not keep retained messages; messages are published without the retained flag.`,
    ];
    expect(sink.notes!()).toEqual(notes);
    expect(limitLines(ctx)).toEqual(notes);
  });

  it('a source of QoS 2 reads with QoS 1 where the broker gives no more, and a note says so', async () => {
    const broker = await startMosquitto('allow_anonymous true\nmax_qos 1');
    closers.push(() => broker.remove());
    const { ctx, source } = await openSource('t', { server: broker.url, qos: 2 });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const note = `${broker.url} gives QoS 1 instead of 2.`;
    expect(source.notes!()).toEqual([note]);
    expect(limitLines(ctx)).toEqual([note]);
    await broker.stop();
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'lost');
    expect(source.notes!()).toEqual([]);
  });

  // @covers finding:field#2.6
  it('a broker of 3.1.1 that hangs up on QoS 2 gets QoS 1 from the third try on', async () => {
    const broker = await startMosquitto('allow_anonymous true\nmax_qos 1');
    closers.push(() => broker.remove());
    const got = await listen(broker.url);
    const { ctx, sink } = await openSink({ server: broker.url, qos: 2, protocolVersion: '3.1.1' });
    await insist(() => sink.collect(ctx, 'one'));
    await insist(() => sink.collect(ctx, 'two'));
    await until(() => got.length === 2, 'two messages');
    expect(got.map((g) => [g.text, g.qos])).toEqual([
      ['one', 1],
      ['two', 1],
    ]);
    expect(ctx.states.filter((s) => s.state === 'disconnected').length).toBe(2);
    expect(sink.notes!()).toEqual([`${broker.url} closed the connection twice on a message of QoS 2; messages are published with QoS 1.`]);
  }, 20_000);
});

describe('limits of other brokers', () => {
  const connack = (properties: Record<string, unknown>): Packet[] => [
    { cmd: 'connack', reasonCode: 0, sessionPresent: false, properties } as Packet,
  ];

  for (const [reasonCode, sent, note] of [
    [155, { qos: 1, retain: true }, 'takes QoS 1 at most; messages are published with QoS 1 instead of 2.'],
    [154, { qos: 2, retain: false }, 'does not keep retained messages; messages are published without the retained flag.'],
  ] as const)
    it(`a refusal with reason ${reasonCode} is followed from the next connection on`, async () => {
      const refuses = (p: Packet) => p.cmd === 'publish' && (reasonCode === 155 ? p.qos === 2 : p.retain);
      const broker = await openScriptedBroker((p) => (refuses(p) ? [{ cmd: 'disconnect', reasonCode } as Packet] : undefined));
      closers.push(() => broker.close());
      const { ctx, sink } = await openSink({ server: broker.url, qos: 2, retained: true, protocolVersion: '5' });
      await insist(() => sink.collect(ctx, 'row'));
      const publications = broker.heard.flatMap((p) => (p.cmd === 'publish' ? [{ at: p.connection, qos: p.qos, retain: p.retain }] : []));
      expect(publications).toEqual([
        { at: 1, qos: 2, retain: true },
        { at: 2, ...sent },
      ]);
      expect(sink.notes!()).toEqual([`${broker.url} ${note}`]);
      expect(ctx.states.filter((s) => s.state === 'disconnected')).toHaveLength(1);
    });

  for (const [name, filter, properties, words] of [
    ['wildcards', 'a/+/b', { wildcardSubscriptionAvailable: false }, /wildcards: name the topics of "a\/\+\/b" one by one/],
    [
      'shared subscriptions',
      '$share/g/a',
      { sharedSubscriptionAvailable: false },
      /shared subscriptions: subscribe to "a" without \$share/,
    ],
  ] as const)
    it(`a filter is not sent to a broker without ${name}, and the connection stays`, async () => {
      const broker = await openScriptedBroker((p) => (p.cmd === 'connect' ? connack(properties) : undefined));
      closers.push(() => broker.close());
      const { ctx } = await openSource(filter, { server: broker.url, protocolVersion: '5' });
      await until(() => ctx.states.some((s) => words.test(s.message ?? '')), 'the reason');
      expect(ctx.states.at(-1)).toMatchObject({ state: 'disconnected' });
      const plain = await openSource('plain', { server: broker.url, protocolVersion: '5' });
      await until(() => plain.ctx.states.at(-1)?.state === 'connected', 'a plain filter is taken');
      expect(broker.heard.filter((p) => p.cmd === 'subscribe')).toMatchObject([{ subscriptions: [{ topic: 'plain' }] }]);
    });

  it('pings as often as the broker wants, and calls itself by the id that the broker gave', async () => {
    const broker = await openScriptedBroker((p) =>
      p.cmd === 'connect' ? connack({ serverKeepAlive: 1, assignedClientIdentifier: 'given-by-broker' }) : undefined,
    );
    closers.push(() => broker.close());
    const { ctx } = await openSource('t', { server: broker.url, protocolVersion: '5', keepAlive: '60s' });
    await until(() => broker.heard.some((p) => p.cmd === 'pingreq'), 'a ping within the time of the broker', 3000);
    broker.say({ cmd: 'disconnect', reasonCode: 142 } as Packet);
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'thrown out');
    expect(ctx.states.at(-1)!.message).toMatch(/another client with the client id "given-by-broker" connected/);
    await until(() => broker.heard.some((p) => p.cmd === 'connect' && p.connection === 2), 'connected again');
    expect(broker.heard.flatMap((p) => (p.cmd === 'connect' ? [p.clientId] : []))[1]).toBe('given-by-broker');
  });

  it('tells the text and the other server that a broker names when it hangs up', async () => {
    const broker = await openScriptedBroker(() => undefined);
    closers.push(() => broker.close());
    const { ctx } = await openSource('t', { server: broker.url, protocolVersion: '5' });
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    broker.say({
      cmd: 'disconnect',
      reasonCode: 157,
      properties: { reasonString: 'moved\nfor good', serverReference: 'b.example:1883' },
    } as Packet);
    await until(() => ctx.states.at(-1)?.state === 'disconnected', 'sent away');
    expect(ctx.states.at(-1)!.message).toBe(
      `${broker.url}: the broker has moved to another server; it names b.example:1883; it says "moved for good"`,
    );
  });

  // @covers finding:field#2.6
  it('has words for every reason code of MQTT 5 that says no', () => {
    for (let code = 128; code <= 162; code++) {
      expect(explainDisconnect(code, 'me'), `DISCONNECT ${code}`).not.toMatch(/reason \d/);
      expect(explainRefusal(code, 'me'), `CONNACK ${code}`).toMatch(/\w+ \w+/);
      expect(explainPublishRefusal(code), `PUBACK ${code}`).toMatch(/\w+ \w+/);
      expect(explainSubscribeRefusal(code, 'a/b'), `SUBACK ${code}`).toMatch(/^the broker refuses the subscription to "a\/b": \D+$/);
    }
    for (const code of [1, 2, 3, 4, 5]) expect(explainRefusal(code, 'me')).toMatch(/the broker/);
    expect(explainRefusal('ECONNRESET', 'me')).toBeUndefined();
    expect(explainDisconnect(155, 'me')).toBe('the broker does not take this QoS');
    expect(explainSubscribeRefusal(162, 'a/#')).toMatch(/wildcards: name the topics one by one/);
    expect(explainDisconnect(200, 'me')).toBe('the broker closed the connection (reason 200)');
  });
});

describe('limits as values', () => {
  it('are those of CONNACK, and none where it names none', () => {
    expect(limitsOf(undefined)).toEqual(NO_LIMITS);
    expect(limitsOf({})).toEqual(NO_LIMITS);
    const named = { maximumQoS: 1, retainAvailable: false, wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false };
    expect(limitsOf({ ...named, subscriptionIdentifiersAvailable: false } as never)).toEqual({
      maxQos: 1,
      retain: false,
      wildcards: false,
      shared: false,
      identifiers: false,
    });
  });

  it('a refusal lowers the QoS by one from what was allowed, never below 0', () => {
    const learned = new LearnedLimits();
    expect(learned.refused(135, NO_LIMITS)).toBe(false);
    expect(learned.refused(155, { ...NO_LIMITS, maxQos: 1 })).toBe(true);
    expect([learned.maxQos, learned.retain]).toEqual([0, true]);
    expect(learned.refused(155, NO_LIMITS)).toBe(false);
    expect(learned.refused(154, NO_LIMITS)).toBe(true);
    expect(learned.refused(154, NO_LIMITS)).toBe(false);
    expect(together(NO_LIMITS, learned, new Supposition())).toEqual({ ...NO_LIMITS, maxQos: 0, retain: false });
  });

  it('says nothing to a publisher who gets what it asks for, and refuses only filters that need what is missing', () => {
    const limits = { ...NO_LIMITS, maxQos: 1 as const, retain: false, wildcards: false, shared: false };
    expect(notesOf(limits, { qos: 1, retained: false }, 'tcp://b', new Supposition())).toEqual([]);
    expect(notesOf(limits, { qos: 2, retained: true }, 'tcp://b', new Supposition())).toHaveLength(2);
    expect(refusalOf('a/b+c', limits)).toBeUndefined();
    for (const filter of ['#', '+', 'a/#', '+/b', '$share/g/a']) {
      expect(refusalOf(filter, limits), filter).toBeTruthy();
      expect(refusalOf(filter, NO_LIMITS), filter).toBeUndefined();
    }
  });

  const flight = (f: Partial<Flight>): Flight => ({
    topic: 't',
    payload: 'x',
    qos: 1,
    retain: false,
    lowered: false,
    refuse: () => undefined,
    ...f,
  });

  it('QoS 2 is supposed to be the fault after two losses, then the retained flag; what does not help is withdrawn', () => {
    const s = new Supposition();
    const both = [flight({}), flight({ qos: 2, retain: true })];
    expect(s.lost([flight({})])).toBe(false);
    expect(s.lost(both)).toBe(false);
    expect([s.noQos2, s.noRetain]).toEqual([false, false]);
    expect(s.lost(both)).toBe(true);
    expect([s.noQos2, s.noRetain]).toEqual([true, false]);
    const lowered = [flight({ qos: 1, retain: true, lowered: true })];
    expect(s.lost([flight({})])).toBe(false);
    expect(s.noQos2).toBe(true);
    expect(s.lost(lowered)).toBe(false);
    expect([s.noQos2, s.noRetain]).toEqual([false, false]);
    expect(s.lost(both)).toBe(true);
    expect([s.noQos2, s.noRetain]).toEqual([false, true]);
    // the broker takes it now: a later loss is another matter
    s.confirmed(flight({ lowered: true }));
    expect(s.lost([flight({ lowered: true })])).toBe(false);
    expect(s.noRetain).toBe(true);
  });

  it('a broker that once confirmed QoS 2 and a retained message is never suspected', () => {
    const s = new Supposition();
    s.confirmed(flight({ qos: 2, retain: true }));
    for (let i = 0; i < 5; i++) expect(s.lost([flight({ qos: 2, retain: true })])).toBe(false);
    expect([s.noQos2, s.noRetain]).toEqual([false, false]);
  });
});
