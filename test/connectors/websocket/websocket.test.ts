// Connector websocket as server on the data server and as client, against each other and against a plain server.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { DataServer } from '../../../src/base/data-server.ts';
import websocket from '../../../src/connectors/websocket/index.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { testDataServer } from '../../helpers/data-server.ts';
import { freePort } from '../../helpers/free-port.ts';
import { until } from '../../helpers/mosquitto.ts';

let server: DataServer;
let pool: Parameters<typeof createTestContext>[1];
const closers: (() => unknown)[] = [];
beforeEach(() => {
  server = testDataServer();
  pool = new Map();
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
  server.close();
});

const context = () => ({ ...createTestContext('ws', pool), dataServer: server });

async function openSource(datasource: string, props = {}, onText: () => void | Promise<void> = () => undefined) {
  const got: string[] = [];
  const failures: Error[] = [];
  const source = websocket.source!.create();
  await source.configure!(datasource, props);
  const ctx = context();
  await source.open(
    ctx,
    (data) => {
      got.push(Buffer.from(data as Uint8Array).toString());
      return onText();
    },
    (error) => void failures.push(error),
  );
  closers.push(() => source.close(ctx, 'stopped'));
  return { got, failures, close: () => source.close(ctx, 'stopped') };
}
async function openSink(props: Record<string, unknown>) {
  const failures: Error[] = [];
  const sink = websocket.sink!.create();
  await sink.configure!(props);
  const ctx = context();
  await sink.open(ctx, (error) => void failures.push(error));
  closers.push(() => sink.close(ctx));
  return { send: async (text: string) => sink.collect(ctx, text), failures };
}
async function client(path: string) {
  const got: string[] = [];
  const c = new WebSocket(`ws://127.0.0.1:${server.port}${path}`);
  c.on('message', (data) => void got.push(String(data)));
  await new Promise<void>((resolve, reject) => c.once('open', resolve).once('error', reject));
  closers.push(() => c.terminate());
  return { c, got };
}

describe('websocket as server', () => {
  it('lets a caller that may only read get what a sink gives, and nothing in', async () => {
    server.close();
    server = testDataServer(false);
    const source = await openSource('/both');
    const sink = await openSink({ path: '/both' });
    const viewer = await client('/both');
    await sink.send('news');
    await until(() => viewer.got.length === 1, 'the viewer got it');
    const closed = new Promise<number>((resolve) => viewer.c.once('close', resolve));
    viewer.c.send('intruder');
    expect(await closed).toBe(1008);
    expect(source.got).toEqual([]);
  });

  it('gives what clients send to all sources of the path, and what a sink gives to all clients', async () => {
    const one = await openSource('/ws');
    const two = await openSource('/ws');
    const sink = await openSink({ path: '/ws' });
    const a = await client('/ws');
    const b = await client('/ws');
    a.c.send('{"a":1}');
    b.c.send(Buffer.from('binary is not read'));
    b.c.send('{"b":1}');
    await until(() => one.got.length === 2 && two.got.length === 2, 'both frames');
    expect(one.got.toSorted()).toEqual(['{"a":1}', '{"b":1}']);
    await sink.send('[{"x":1}]');
    await until(() => a.got.length === 1 && b.got.length === 1, 'both clients');
    expect(a.got).toEqual(['[{"x":1}]']);
  });

  it('does not read on while the rules are behind', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { got } = await openSource('/ws', {}, () => promise);
    const { c } = await client('/ws');
    const filler = 'x'.repeat(100_000);
    for (let i = 0; i < 200; i++) c.send(filler);
    await new Promise((go) => setTimeout(go, 100));
    // frames of one read may come together
    expect(got.length).toBeLessThan(100);
    resolve();
    await until(() => got.length === 200, 'all frames');
  });

  it('refuses other paths, and plain requests to its own', async () => {
    const { close } = await openSource('/ws');
    await expect(client('/other')).rejects.toThrow('404');
    expect((await fetch(`http://127.0.0.1:${server.port}/ws`)).status).toBe(426);
    const { c } = await client('/ws');
    const gone = new Promise((resolve) => c.once('close', resolve));
    await close();
    await gone;
    expect(server.port).toBe(0);
  });

  it.each([{ path: 'ws' }, { path: '' }, { path: '/a?b' }, { path: '/a', scheme: 'http' }])('refuses %j', (props) => {
    expect(() => websocket.sink!.create().configure!(props)).toThrow();
  });
});

describe('websocket as client', () => {
  const peer = async () => {
    const port = await freePort();
    const wss = new WebSocketServer({ port, host: '127.0.0.1' });
    closers.push(() => {
      for (const c of wss.clients) c.terminate();
      wss.close();
    });
    const got: string[] = [];
    const headers: Record<string, unknown>[] = [];
    wss.on('connection', (c, request) => {
      headers.push(request.headers);
      c.on('message', (data) => void got.push(String(data)));
    });
    return { addr: `127.0.0.1:${port}`, wss, got, headers };
  };

  it('reads frames, sends headers, and says when the server is gone', async () => {
    const p = await peer();
    const source = await openSource('/data?k=1', { addr: p.addr, requestHeader: { 'x-token': ['a', 'b'] } });
    expect(p.headers[0]!['x-token']).toBe('a, b');
    for (const c of p.wss.clients) c.send('{"a":1}');
    await until(() => source.got.length === 1, 'a frame');
    for (const c of p.wss.clients) c.terminate();
    await until(() => source.failures.length === 1, 'the loss');
    expect(source.failures[0]).toMatchObject({ retriable: true });
  });

  it('sends frames; without a server it may be tried again', async () => {
    const p = await peer();
    const sink = await openSink({ addr: p.addr, path: '/in' });
    await sink.send('one');
    await until(() => p.got.length === 1, 'the frame');
    for (const c of p.wss.clients) c.terminate();
    await until(() => sink.failures.length === 1, 'the loss');
    await expect(sink.send('two')).rejects.toMatchObject({ retriable: true });
    await expect(openSink({ addr: `127.0.0.1:${await freePort()}`, path: '/in' })).rejects.toMatchObject({ retriable: true });
  });
});
