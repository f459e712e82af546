// The HTTP side over real sockets: limits, access, CORS, closing.
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { get } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { Credentials } from '../../src/rest/credentials.ts';
import { empty, text } from '../../src/rest/reply.ts';
import { bodyText } from '../../src/rest/request.ts';
import { createRouter } from '../../src/rest/router.ts';
import { openRestServer, type RestServer, type RestServerOptions } from '../../src/rest/server.ts';

let server: RestServer | undefined;
afterEach(async () => {
  server?.destroy();
  await server?.close();
});

const router = createRouter([
  { method: 'GET', path: '/', handle: () => text('root') },
  { method: 'GET', path: '/ping', handle: () => empty() },
  { method: 'POST', path: '/echo', handle: (r) => text(bodyText(r)) },
  { method: 'GET', path: '/fault', handle: () => (undefined as unknown as { x: never }).x },
]);

async function open(more: Partial<RestServerOptions> = {}) {
  const memory = createMemoryLog();
  server = await openRestServer({
    ip: '127.0.0.1',
    port: 0,
    tls: undefined,
    router: Promise.resolve(router),
    clock: createRealClock(),
    log: memory.log,
    credentials: () => undefined,
    allowedHosts: () => [],
    auditLog: () => false,
    ...more,
  });
  const port = Number(new URL(server.url).port);
  const call = (method: string, path: string, headers: Record<string, string> = {}, body?: string) =>
    new Promise<{ status: number; text: string; headers: Record<string, unknown> }>((resolve, reject) => {
      const q = request({ port, host: '127.0.0.1', method, path, headers, agent: false }, (s) => {
        let received = '';
        s.on('data', (d: Buffer) => {
          received += d.toString();
        });
        s.on('end', () => resolve({ status: s.statusCode!, text: received, headers: s.headers }));
      });
      q.on('error', reject);
      q.end(body);
    });
  return { port, call, lines: memory.lines };
}

describe('REST server', () => {
  test('answers, and says 404 and 405 as eKuiper does', async () => {
    const { call } = await open();
    expect(await call('GET', '/')).toMatchObject({ status: 200, text: 'root' });
    expect(await call('GET', '/nope')).toMatchObject({ status: 404, text: '404 page not found\n' });
    expect(await call('PUT', '/ping')).toMatchObject({ status: 405, text: '' });
    expect((await call('HEAD', '/ping')).status).toBe(405);
  });

  test('refuses foreign host names and origins without running the call', async () => {
    const { call } = await open();
    expect((await call('GET', '/', { Host: 'evil.com' })).status).toBe(403);
    expect((await call('GET', '/', { 'Sec-Fetch-Site': 'cross-site' })).status).toBe(403);
    expect((await call('POST', '/echo', { Origin: 'http://evil.com' }, 'x')).status).toBe(403);
    expect(
      (await call('OPTIONS', '/echo', { Origin: 'http://evil.com', 'Access-Control-Request-Method': 'POST' })).headers[
        'access-control-allow-origin'
      ],
    ).toBeUndefined();
  });

  test('a page of this machine may call across ports', async () => {
    const { call } = await open();
    const pre = await call('OPTIONS', '/echo', { Origin: 'http://localhost:3000', 'Access-Control-Request-Method': 'POST' });
    expect(pre.status).toBe(200);
    expect(pre.headers).toMatchObject({ 'access-control-allow-origin': 'http://localhost:3000' });
  });

  test('asks for a token everywhere but / and /ping; a viewer may only read', async () => {
    const credentials: Credentials = {
      count: 2,
      check: (h) => (h === 'a' ? { role: 'admin' } : h === 'v' ? { role: 'viewer' } : { refused: 'missing_token' }),
    };
    const { call } = await open({ credentials: () => credentials });
    expect((await call('GET', '/ping')).status).toBe(200);
    expect(await call('POST', '/echo', {}, 'x')).toMatchObject({ status: 401, text: 'missing_token\n' });
    expect((await call('POST', '/echo', { Authorization: 'v' }, 'x')).status).toBe(403);
    expect(await call('POST', '/echo', { Authorization: 'a' }, 'x')).toMatchObject({ status: 200, text: 'x' });
    expect((await call('GET', '/nope')).status).toBe(401);
  });

  test('a viewer may not stop the gateway, though eKuiper stops by GET', async () => {
    const { call } = await open({ credentials: () => ({ count: 1, check: () => ({ role: 'viewer' }) }) });
    for (const path of ['/stop', '/stop?x=1']) expect((await call('GET', path, { Authorization: 'v' })).status).toBe(403);
    expect((await call('GET', '/rules', { Authorization: 'v' })).status).not.toBe(403);
  });

  test('speaks TLS when it has a certificate', async () => {
    const folder = join(import.meta.dirname, '../fixtures/tls');
    await open({ tls: { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') } });
    expect(server!.url).toMatch(/^https:/);
    const ca = readFileSync(join(folder, 'cert.pem'));
    const status = await new Promise<number>((resolve, reject) => {
      get(`${server!.url}/ping`, { ca, agent: false }, (s) => {
        s.resume();
        resolve(s.statusCode!);
      }).on('error', reject);
    });
    expect(status).toBe(200);
  });

  test('certificate and key that do not fit, or are not there, are named by their keys', async () => {
    const folder = join(import.meta.dirname, '../fixtures/tls');
    const cert = join(folder, 'cert.pem');
    await expect(open({ tls: { certFile: '/nope.pem', keyFile: cert } })).rejects.toThrow(
      /basic.restTls.certfile "\/nope.pem": cannot be read/,
    );
    await expect(open({ tls: { certFile: cert, keyFile: '/nope.pem' } })).rejects.toThrow(
      /basic.restTls.keyfile "\/nope.pem": cannot be read/,
    );
    await expect(open({ tls: { certFile: cert, keyFile: cert } })).rejects.toThrow(/basic.restTls: .*PEM form/);
  });

  test('a body that is too long gets 413, announced or not', async () => {
    const { call, port } = await open();
    expect((await call('POST', '/echo', { 'Content-Length': String(17 * 1024 * 1024) }, '')).status).toBe(413);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n');
        const chunk = `100000\r\n${'x'.repeat(0x100000)}\r\n`;
        for (let i = 0; i < 17; i++) socket.write(chunk);
      });
      socket.once('data', (d) => {
        resolve(d.toString().split('\r\n')[0]!);
        socket.destroy();
      });
      socket.on('error', () => undefined);
    });
    expect(answer).toContain('413');
  });

  test('a fault of ours is a 500 with a log line that holds the stack', async () => {
    const { call, lines } = await open();
    expect((await call('GET', '/fault')).status).toBe(500);
    expect(lines).toContainEqual(
      expect.objectContaining({ code: 'REST_FAULT', path: '/fault', stack: expect.stringContaining('TypeError') as string }),
    );
  });

  test('a client that goes away in the middle of its body harms nobody', async () => {
    const { call, port } = await open();
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write('POST /echo HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nhalf', () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect((await call('GET', '/ping')).status).toBe(200);
  });

  test('closing frees the port although a client keeps its connection', async () => {
    const { port } = await open();
    const socket = connect(port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    void server!.close();
    server!.destroy();
    await server!.close();
    server = undefined;
    const again = await openRestServer({
      ip: '127.0.0.1',
      port,
      tls: undefined,
      router: Promise.resolve(router),
      clock: createRealClock(),
      log: createMemoryLog().log,
      credentials: () => undefined,
      allowedHosts: () => [],
      auditLog: () => false,
    });
    again.destroy();
    await again.close();
    socket.destroy();
  });
});
