// Source httppush on the data server: answers, methods, sharing of a path, clients that break off.
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DataServer } from '../../../src/base/data-server.ts';
import httppush from '../../../src/connectors/httppush/index.ts';
import type { Source } from '../../../src/contract/source.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { testDataServer } from '../../helpers/data-server.ts';

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

interface Got {
  text: string;
  ack: (() => void) | undefined;
}

async function open(path: string, props = {}, onMessage: (m: Got) => void | Promise<void> = (m) => m.ack?.()) {
  const got: Got[] = [];
  const source: Source = httppush.source!.create();
  await source.configure!(path, props);
  const ctx = { ...createTestContext('source', pool), dataServer: server };
  const close = async () => source.close(ctx, 'stopped');
  closers.push(close);
  await source.open(
    ctx,
    (data, _meta, ack) => {
      const m = { text: Buffer.from(data as Uint8Array).toString(), ack };
      got.push(m);
      return onMessage(m);
    },
    () => undefined,
  );
  return { got, close };
}
const send = async (path: string, body: string, method = 'POST') => {
  const r = await fetch(`http://127.0.0.1:${server.port}${path}`, { method, body });
  return `${r.status} ${await r.text()}`;
};

describe('httppush', () => {
  it('takes bodies and answers ok when the rules have them', async () => {
    const { got } = await open('/a/b');
    expect(await send('/a/b', '{"t":1}')).toBe('200 ok');
    expect(await send('/a/b?x=1', '[{"t":2},{"t":3}]')).toBe('200 ok');
    expect(got.map((m) => m.text)).toEqual(['{"t":1}', '[{"t":2},{"t":3}]']);
  });

  // @covers finding:parity#9
  it('answers 202 when a rule keeps the message for longer, and at once with confirmTimeout 0', async () => {
    await open('/slow', { confirmTimeout: 20 }, () => undefined);
    expect(await send('/slow', '{}')).toBe('202 taken, and not yet where it cannot get lost');
    await open('/fast', { confirmTimeout: 0 }, () => undefined);
    expect(await send('/fast', '{}')).toBe('200 ok');
  });

  it.each([0, 20])('keeps clients waiting while the rules are behind (confirmTimeout %i)', async (confirmTimeout) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    await open('/a', { confirmTimeout }, () => promise);
    let answered = false;
    const answer = send('/a', '{}').then((text) => {
      answered = true;
      return text;
    });
    await new Promise((go) => setTimeout(go, 60));
    expect(answered).toBe(false);
    resolve();
    expect(await answer).toMatch(/^20[02] /);
  });

  it('knows its methods and paths; a path goes with its source', async () => {
    const { close } = await open('/a', { method: 'PUT' });
    expect(await send('/a', '{}', 'PUT')).toBe('200 ok');
    expect(await send('/a', '{}', 'POST')).toBe('405 this path takes PUT');
    expect(await send('/b', '{}', 'PUT')).toMatch(/^404 /);
    await open('/b');
    await close();
    expect(await send('/a', '{}', 'PUT')).toMatch(/^404 /);
    expect(await send('/b', '{}')).toBe('200 ok');
  });

  it('gives a body to all streams of the path and method, and answers when all have it', async () => {
    const one = await open('/a');
    const two = await open('/a', { confirmTimeout: 30 }, () => undefined);
    const put = await open('/a', { method: 'PUT' });
    expect(await send('/a', '{}')).toMatch(/^202 /);
    expect([one.got.length, two.got.length, put.got.length]).toEqual([1, 1, 0]);
    await two.close();
    expect(await send('/a', '{}')).toBe('200 ok');
  });

  it('refuses bodies that are too large, and takes nothing of those that break off', async () => {
    const { got } = await open('/a', { maxBodySize: 10 });
    expect(await send('/a', 'x'.repeat(11))).toBe('413 the body is too large');
    await new Promise<void>((resolve) => {
      const r = request({ port: server.port, path: '/a', method: 'POST', headers: { 'content-length': '8' } });
      r.on('error', () => resolve());
      r.write('half', () => r.destroy());
    });
    expect(await send('/a', 'whole')).toBe('200 ok');
    expect(got.map((m) => m.text)).toEqual(['whole']);
  });

  it('the port is open only while a source is there', async () => {
    const first = await open('/a');
    expect(server.port).toBeGreaterThan(0);
    await first.close();
    expect(server.port).toBe(0);
    await open('/a');
    expect(await send('/a', '{}')).toBe('200 ok');
  });

  it.each([
    ['a', {}, 'property `endpoint` must start with /'],
    ['/a?b', {}, 'must not hold'],
    ['/a', { method: 'post' }, 'method post is not supported, must be POST or PUT'],
    ['/a', { method: 'GET' }, 'method GET is not supported, must be POST or PUT'],
  ])('refuses %j %j', (path, props, text) => {
    expect(() => httppush.source!.create().configure!(path, props)).toThrow(text);
  });
});
