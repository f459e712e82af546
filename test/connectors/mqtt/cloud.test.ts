// What brokers in the cloud and behind firewalls want of a connection, and what messages carry beside their payload.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import mqtt from 'mqtt';
import { afterEach, describe, expect, it } from 'vitest';
import { clientKey } from '../../../src/connectors/mqtt/client-id.ts';
import mqttConnector from '../../../src/connectors/mqtt/index.ts';
import { createMqttSink } from '../../../src/connectors/mqtt/sink.ts';
import { createMqttSource } from '../../../src/connectors/mqtt/source.ts';
import { parseAddresses } from '../../../src/connectors/mqtt/streams.ts';
import { packetBytes } from '../../../src/connectors/mqtt/unwelcome.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { haveMosquitto, startMosquitto, until } from '../../helpers/mosquitto.ts';
import { openScriptedBroker } from '../../helpers/scripted-broker.ts';
import { makeTlsFiles } from '../../helpers/tls-files.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const probe = (props: Record<string, unknown>) => mqttConnector.connection!.test(props, AbortSignal.timeout(4000));
const refusalOf = (props: Record<string, unknown>) =>
  probe(props).then(
    () => '',
    (error: Error) => error.message,
  );

/** A web server without WebSocket. */
async function webServer(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('MQTT over WebSocket', () => {
  // @covers finding:field#2.7
  it('sends path, query and headers as given, and tells the status of a server that refuses, without the query', async () => {
    const seen: string[] = [];
    const server = await webServer((request, response) => {
      seen.push(`${request.url} ${request.headers['x-amz-date'] ?? ''}`);
      response.statusCode = 404;
      response.end('no such\nplace');
    });
    const text = await refusalOf({
      server: `${server}/a/mqtt?x-amz-customauthorizer-name=foo&token=abc,d`,
      headers: { 'X-Amz-Date': 'today' },
    });
    expect(text).toBe(
      `${server}: the server answers HTTP 404 Not Found to GET /a/mqtt: nothing is there: check the path of the address (often /mqtt); it says "no such place"`,
    );
    await refusalOf({ server: `${server}/` });
    await refusalOf({ server });
    await refusalOf({ server: `${server}?k=1` });
    expect(seen).toEqual(['/a/mqtt?x-amz-customauthorizer-name=foo&token=abc,d today', '/ ', '/mqtt ', '/mqtt?k=1 ']);
  });

  it.each([
    [401, {}, /HTTP 401 Unauthorized to GET \/mqtt: it wants a login/],
    [403, {}, /HTTP 403 Forbidden to GET \/mqtt: it does not allow this/],
    [
      302,
      { location: 'https://b.example/mqtt?token=abc' },
      /HTTP 302 Found to GET \/mqtt: it points to https:\/\/b\.example\/mqtt: use that/,
    ],
    [503, { 'content-type': 'text/html' }, /HTTP 503 Service Unavailable to GET \/mqtt: the server, or what it passes requests to, fails$/],
    [200, {}, /HTTP 200 OK to GET \/mqtt: it does not open a WebSocket/],
  ])('has words for the status %i', async (status, headers, words) => {
    const server = await webServer((_request, response) => response.writeHead(status, headers).end('<html>'));
    expect(await refusalOf({ server })).toMatch(words);
  });

  it('keeps a comma of the query, and finds the next server behind it', () => {
    const servers = parseAddresses('ws://a/p?x=1,2, wss://b:8443?y=3,z,tcp://c,d');
    expect(servers.map((a) => [a.scheme, a.host, a.port, a.path])).toEqual([
      ['ws', 'a', 80, '/p?x=1,2'],
      ['wss', 'b', 8443, '/mqtt?y=3,z'],
      ['tcp', 'c', 1883, '/mqtt'],
      ['tcp', 'd', 1883, '/mqtt'],
    ]);
    expect(servers.map((a) => a.text).join()).not.toContain('?');
  });

  it('a session is found again with another token in the query', () => {
    expect(clientKey('wss://a/mqtt?token=1,2,tcp://b', 'me')).toBe(clientKey('wss://a/mqtt?token=3,tcp://b', 'me'));
    expect(clientKey('wss://a/mqtt?token=1', 'me')).not.toBe(clientKey('wss://a/other?token=1', 'me'));
  });

  it.each([
    [{ server: 'tcp://h', headers: { a: 'b' } }, /headers need a server of ws:\/\/ or wss:\/\//],
    [{ server: 'ws://h', headers: { 'a b': 'c' } }, /headers: "a b" has a name or a value that HTTP does not allow/],
    [{ server: 'ws://h', headers: { a: 'c\r\nd: e' } }, /headers: "a" has a name or a value that HTTP does not allow/],
    [{ server: 'ws://h', headers: { Upgrade: 'c' } }, /headers: Upgrade belongs to the WebSocket itself/],
    [{ server: 'ws://h', headers: { a: 1 } }, /headers: the value of a is not a text/],
    [{ server: 'tcp://h', alpn: ['mqtt'] }, /alpn needs a server of ssl:\/\/ or wss:\/\//],
    [{ server: 'ssl://h', alpn: [''] }, /alpn: "" is not the name of a protocol/],
    [{ server: 'tcp://h', will: { payload: 'x' } }, /property topic is required/],
    [{ server: 'tcp://h', will: { topic: 'a/#' } }, /the topic of will shouldn't contain # or \+/],
    [{ server: 'tcp://h', will: { topic: 'a', text: 'x' } }, /will has no member "text"; use topic, payload, qos/],
  ])('refuses %j with a reason, in sources and sinks', (props, words) => {
    expect(() => createMqttSink().configure!({ topic: 't', ...props })).toThrow(words);
    expect(() => createMqttSource().configure!('t', props)).toThrow(words);
  });
});

describe('MQTT over TLS with ALPN', () => {
  // @covers finding:field#2.7
  it('offers the protocols of alpn, and says so when the broker speaks none of them', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'kuiper-alpn-'));
    closers.push(() => rmSync(folder, { recursive: true, force: true }));
    const files = makeTlsFiles(folder);
    const chosen: (string | false | null)[] = [];
    const server = tls.createServer(
      { cert: readFileSync(files.cert('good')), key: readFileSync(files.key('good')), ALPNProtocols: ['x-amzn-mqtt-ca', 'mqtt'] },
      (socket) => {
        chosen.push(socket.alpnProtocol);
        socket.on('error', () => undefined);
        socket.once('data', () => socket.write(Buffer.from([0x20, 2, 0, 0])));
      },
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closers.push(() => server.close());
    const props = {
      server: `ssl://localhost:${(server.address() as AddressInfo).port}`,
      rootCaPath: files.ca,
      protocolVersion: '3.1.1',
    };
    await probe(props);
    await probe({ ...props, alpn: ['x-amzn-mqtt-ca'] });
    await probe({ ...props, ALPNProtocols: 'h2, mqtt' });
    expect(chosen).toEqual([false, 'x-amzn-mqtt-ca', 'mqtt']);
    expect(await refusalOf({ ...props, alpn: ['h2'] })).toMatch(/the broker speaks none of the protocols in alpn/);
  });
});

describe('MQTT will', () => {
  it('is part of the connection of a rule, and of no look at the broker', async () => {
    const broker = await openScriptedBroker(() => undefined);
    closers.push(() => broker.close());
    const will = {
      topic: 'gw/state',
      payload: 'off',
      qos: 1,
      retained: true,
      delay: '5s',
      messageExpiry: '1500ms',
      contentType: 'text/plain',
    };
    for (const protocolVersion of ['5', '3.1.1']) {
      const ctx = createTestContext('sink');
      const sink = createMqttSink();
      await sink.configure!({ server: broker.url, topic: 't', protocolVersion, will });
      await sink.open(ctx, () => undefined);
      await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
      await sink.close(ctx);
    }
    await probe({ server: broker.url, will });
    const wills = broker.heard.flatMap((p) => (p.cmd === 'connect' ? [p.will] : []));
    const properties = { willDelayInterval: 5, messageExpiryInterval: 2, contentType: 'text/plain' };
    expect(wills[0]).toMatchObject({ topic: 'gw/state', payload: Buffer.from('off'), qos: 1, retain: true, properties });
    expect(wills[1]).toMatchObject({ topic: 'gw/state', payload: Buffer.from('off'), qos: 1, retain: true });
    expect(wills[1]!.properties).toBeUndefined();
    expect(wills[2]).toBeUndefined();
  });

  it('goes with what the broker takes when it refuses the connection for it', async () => {
    const broker = await openScriptedBroker((p) =>
      p.cmd === 'connect' && p.will?.qos === 2 ? [{ cmd: 'connack', reasonCode: 155, sessionPresent: false } as never] : undefined,
    );
    closers.push(() => broker.close());
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: broker.url, topic: 't', protocolVersion: '5', will: { topic: 'w', qos: 2 } });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    expect(broker.heard.flatMap((p) => (p.cmd === 'connect' ? [p.will?.qos] : []))).toEqual([2, 1]);
  });
});

describe.runIf(haveMosquitto)('what messages carry', () => {
  // @covers finding:field#2.7
  it('a sink gives content type, user properties and what is left of the expiry', async () => {
    const broker = await startMosquitto();
    closers.push(() => broker.remove());
    const got: mqtt.IPublishPacket['properties'][] = [];
    const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'), { protocolVersion: 5 });
    closers.push(() => client.endAsync(true));
    client.on('message', (_topic, _payload, packet) => got.push(packet.properties));
    await client.subscribeAsync('out');
    const ctx = createTestContext('sink');
    const sink = createMqttSink();
    await sink.configure!({ server: broker.url, topic: 'out', contentType: 'text/csv', messageExpiry: '60s', properties: { a: 'b' } });
    await sink.open(ctx, () => undefined);
    closers.push(() => sink.close(ctx));
    await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
    const nowMs = ctx.clock.now();
    await sink.collect(ctx, 'fresh', undefined, nowMs);
    await sink.collect(ctx, 'waited', undefined, nowMs - 40_500);
    await sink.collect(ctx, 'late', undefined, nowMs - 90_000);
    await until(() => got.length === 3, 'three messages');
    expect(got.map((p) => [p?.contentType, { ...p?.userProperties }])).toEqual(Array(3).fill(['text/csv', { a: 'b' }]));
    const left = got.map((p) => p!.messageExpiryInterval!);
    expect(left[0]).toBeGreaterThan(50);
    expect(left[0]).toBeLessThanOrEqual(60);
    expect(left[1]).toBeGreaterThan(9);
    expect(left[1]).toBeLessThanOrEqual(20);
    expect(left[2]).toBe(1);
    expect(sink.notes!()).toEqual([]);
  });

  it('a note says that a broker of 3.1.1 gets none of it', async () => {
    const broker = await startMosquitto();
    closers.push(() => broker.remove());
    for (const [props, notes] of [
      [{ messageExpiry: '1s' }, 1],
      [{ contentType: 'a/b' }, 1],
      [{ properties: { a: 'b' } }, 1],
      [{}, 0],
    ] as const) {
      const ctx = createTestContext('sink');
      const sink = createMqttSink();
      await sink.configure!({ server: broker.url, topic: 'out', protocolVersion: '3.1.1', ...props });
      await sink.open(ctx, () => undefined);
      await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
      await sink.collect(ctx, 'x');
      expect(sink.notes!()).toEqual(
        Array(notes).fill(`${broker.url} speaks MQTT 3.1.1: messages are published without user properties, content type and expiry.`),
      );
      await sink.close(ctx);
    }
  });

  it('their properties count for the size of a packet', () => {
    const bare = packetBytes('t', 'x', 1, undefined);
    expect(packetBytes('t', 'x', 1, undefined, { messageExpiryInterval: 9 }) - bare).toBe(5);
    expect(packetBytes('t', 'x', 1, undefined, { contentType: 'a/b' }) - bare).toBe(6);
  });

  // @covers finding:field#2.7
  it('a source tells whether a message was retained, and its content type; ignoreRetained leaves such messages out', async () => {
    const broker = await startMosquitto();
    closers.push(() => broker.remove());
    const client = await mqtt.connectAsync(broker.url.replace('tcp:', 'mqtt:'), { protocolVersion: 5 });
    closers.push(() => client.endAsync(true));
    await client.publishAsync('a,b/c', 'old', { qos: 1, retain: true, properties: { contentType: 'text/plain' } });
    const open = async (props: Record<string, unknown>) => {
      const got: unknown[] = [];
      const ctx = createTestContext();
      const source = createMqttSource();
      await source.configure!('a\\,b/c, d', { server: broker.url, ...props });
      await source.open(
        ctx,
        (payload, meta, ack) => {
          got.push([(payload as Buffer).toString(), meta?.['topic'], meta?.['retained'], meta?.['contentType']]);
          ack?.();
        },
        () => undefined,
      );
      closers.push(() => source.close(ctx, 'stopped'));
      await until(() => ctx.states.at(-1)?.state === 'connected', 'connected');
      return got;
    };
    for (const protocolVersion of ['5', '3.1.1']) {
      const all = await open({ protocolVersion });
      const live = await open({ protocolVersion, ignoreRetained: true, clientid: `live-${protocolVersion}` });
      await until(() => all.length === 1, 'the retained one');
      await client.publishAsync('a,b/c', `new ${protocolVersion}`, { qos: 1 });
      await client.publishAsync('d', 'end', { qos: 1 });
      await until(() => all.length === 3 && live.length === 2, 'the live ones');
      const rest = [
        [`new ${protocolVersion}`, 'a,b/c', false, undefined],
        ['end', 'd', false, undefined],
      ];
      expect(all).toEqual([['old', 'a,b/c', true, protocolVersion === '5' ? 'text/plain' : undefined], ...rest]);
      expect(live).toEqual(rest);
      await Promise.all(closers.splice(2).map((close) => close()));
    }
  });
});
