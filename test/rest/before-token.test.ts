// Before a token nothing is given: no body is read, few connections are held, guessing is slow, and silent connections shut nobody out.
import { createSign, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { createRealClock, createVirtualClock } from '../../src/base/clock.ts';
import { createDataServer } from '../../src/base/data-server.ts';
import { addressKey, BodyBudget, createHttpGate } from '../../src/base/http-gate.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { callerOf, hostNameOf, refusalWithoutToken } from '../../src/rest/access.ts';
import { type Credentials, readCredentials } from '../../src/rest/credentials.ts';
import { empty, text } from '../../src/rest/reply.ts';
import { openRevocations } from '../../src/rest/revocations.ts';
import { createRouter } from '../../src/rest/router.ts';
import { authRoutes } from '../../src/rest/routes/auth.ts';
import { openRestServer, type RestServer, type RestServerOptions } from '../../src/rest/server.ts';
import { createTokenBackoff } from '../../src/rest/token-backoff.ts';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const credentials: Credentials = {
  count: 1,
  check: (a) =>
    a === 'Bearer good' ? { role: 'admin' } : a === 'Bearer view' ? { role: 'viewer' } : { refused: a ? 'unknown token' : 'missing_token' },
};
const seen: { path: string; bytes: number }[] = [];
const say = (path: string) => (r: { body: Uint8Array }) => (seen.push({ path, bytes: r.body.length }), text('ok'));
const router = createRouter([
  { method: 'GET', path: '/', handle: say('/') },
  { method: 'POST', path: '/', handle: say('/') },
  { method: 'GET', path: '/ping', handle: () => empty() },
  { method: 'POST', path: '/data/import', handle: say('/data/import') },
  { method: 'GET', path: '/data/export', handle: say('/data/export') },
  { method: 'GET', path: '/v2/data/export', handle: say('/v2/data/export') },
  { method: 'GET', path: '/rules', handle: say('/rules') },
]);

async function open(more: Partial<RestServerOptions> = {}) {
  seen.length = 0;
  const server: RestServer = await openRestServer({ ip: '127.0.0.1', port: 0, tls: undefined, router: Promise.resolve(router), clock: createRealClock(), log: createMemoryLog().log, credentials: () => credentials, allowedHosts: () => [], auditLog: () => false, ...more }); // biome-ignore format: one line
  closers.push(() => server.destroy());
  const port = Number(new URL(server.url).port);
  return { port, server };
}
const call = (port: number, method: string, path: string, headers: Record<string, string> = {}, body?: string | Buffer) =>
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
/** Sends a head and then as much body as the other side takes. @returns answer so far, bytes that were taken */
async function flood(port: number, head: string, forMs = 700): Promise<{ answer: string; taken: number; closed: boolean }> {
  const socket = connect(port, '127.0.0.1');
  closers.push(() => socket.destroy());
  let answer = '';
  let closed = false;
  socket.on('data', (d) => {
    answer += d.toString();
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed = true;
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.write(head);
  const block = Buffer.alloc(256 * 1024);
  const end = Date.now() + forMs;
  while (!closed && Date.now() < end) {
    if (socket.writableLength < 1024 * 1024) socket.write(block);
    await new Promise((r) => setTimeout(r, 2));
  }
  return { answer, taken: socket.bytesWritten - socket.writableLength, closed };
}
const silent = async (port: number): Promise<Socket & { closed_?: boolean }> => {
  const socket = connect(port, '127.0.0.1') as Socket & { closed_?: boolean };
  closers.push(() => socket.destroy());
  socket.on('error', () => undefined);
  socket.on('close', () => {
    socket.closed_ = true;
  });
  await new Promise<void>((resolve) => socket.once('connect', () => resolve()));
  socket.resume();
  return socket;
};

describe('a body', () => {
  // @covers issue:13#5
  // @covers finding:security#D2
  test.each([
    ['OPTIONS', '/data/import', 405],
    ['OPTIONS', '/', 405],
    ['POST', '/', 200],
    ['GET', '/', 200],
    ['GET', '/ping', 200],
    ['POST', '/data/import', 401],
    ['PUT', '/config/uploads', 401],
    ['DELETE', '/nothing', 401],
    ['PATCH', '/configs', 401],
    ['TRACE', '/', 405],
  ])('of %s %s is not read without a token, and the connection ends', async (method, path, status) => {
    const { port } = await open();
    const before = process.memoryUsage().rss;
    const f = await flood(port, `${method} ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 104857600\r\n\r\n`);
    expect(f.answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(f.answer).toMatch(/\r\nConnection: close\r\n/i);
    expect(f.closed).toBe(true);
    // what the kernel holds of both sides, not the 100 MB
    expect(f.taken).toBeLessThan(30 * 1024 * 1024);
    expect(process.memoryUsage().rss - before).toBeLessThan(60 * 1024 * 1024);
    expect(seen.every((s) => s.bytes === 0)).toBe(true);
  });

  test('of an OPTIONS is never read, with a token or without authentication either; nor one that comes in chunks', async () => {
    for (const more of [{}, { credentials: () => undefined }]) {
      const { port } = await open(more);
      for (const length of ['Content-Length: 104857600\r\n\r\n', 'Transfer-Encoding: chunked\r\n\r\n6400000\r\n']) {
        const f = await flood(port, `OPTIONS /data/import HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer good\r\nOrigin: http://127.0.0.1\r\nAccess-Control-Request-Method: POST\r\n${length}`, 300); // biome-ignore format: one line
        expect(f.answer).toMatch(/^HTTP\/1.1 200 /);
        expect(f.closed).toBe(true);
      }
    }
  });

  test('is asked for (Expect: 100-continue) only when it is going to be read', async () => {
    const { port } = await open();
    const ask = (token: string) =>
      new Promise<string>((resolve) => {
        const socket = connect(port, '127.0.0.1');
        closers.push(() => socket.destroy());
        let got = '';
        socket.on('error', () => undefined);
        socket.on('data', (d) => {
          got += d.toString();
          if (got === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write('hello');
          else resolve(got);
        });
        socket.write(
          `POST /data/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`,
        );
      });
    expect(await ask('good')).toMatch(/^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
    expect(seen).toEqual([{ path: '/data/import', bytes: 5 }]);
    expect(await ask('bad')).toMatch(/^HTTP\/1.1 401 /);
    expect(await ask('view')).toMatch(/^HTTP\/1.1 403 /);
    expect(seen.length).toBe(1);
  });

  test('of a viewer is not read', async () => {
    const { port } = await open();
    const f = await flood(port, 'POST /data/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer view\r\nContent-Length: 104857600\r\n\r\n');
    expect([f.answer.slice(9, 12), f.closed, seen.length]).toEqual(['403', true, 0]);
  });

  test('with a token is read, and the refusal of a short one arrives whole', async () => {
    const { port } = await open();
    expect((await call(port, 'POST', '/data/import', { Authorization: 'Bearer good' }, 'x'.repeat(100_000))).status).toBe(200);
    expect(seen).toEqual([{ path: '/data/import', bytes: 100_000 }]);
    for (let i = 0; i < 20; i++) expect((await call(port, 'POST', '/data/import', {}, 'x'.repeat(10_000))).text).toBe('missing_token\n');
  });

  test('bodies of many callers together are bounded: what does not fit is asked to come back', () => {
    const budget = new BodyBudget(100);
    expect([budget.take(60), budget.take(50), budget.take(40), budget.held]).toEqual([true, false, true, 100]);
    budget.give(60);
    expect([budget.take(60), budget.take(1)]).toEqual([true, false]);
  });
});

describe('connections', () => {
  // @covers issue:13#5
  // @covers finding:security#D2
  it('of one address without a token are at most as many as the limit, the oldest silent one makes room', async () => {
    const { port } = await open({ limits: { perAddress: 8, perLoopback: 8, perAddressKnown: 4, total: 100 } });
    const sockets: (Socket & { closed_?: boolean })[] = [];
    for (let i = 0; i < 20; i++) sockets.push(await silent(port));
    await vi.waitFor(() => expect(sockets.map((s) => s.closed_ ?? false)).toEqual([...Array(12).fill(true), ...Array(8).fill(false)]));
    expect((await call(port, 'GET', '/ping')).status).toBe(200);
  });

  it('1,024 silent ones leave REST answering at once', async () => {
    const { port } = await open();
    await Promise.all(Array.from({ length: 1024 }, () => silent(port)));
    const startMs = performance.now();
    expect((await call(port, 'GET', '/rules', { Authorization: 'Bearer good' })).status).toBe(200);
    expect(performance.now() - startMs).toBeLessThan(3000);
  });

  it('that say nothing, or their headers too slowly, are cut after ten seconds', async () => {
    const { port } = await open();
    const quiet = await silent(port);
    const slow = await silent(port);
    const drip = setInterval(() => slow.write('X-A: b\r\n'), 500);
    slow.write('GET / HTTP/1.1\r\nHost: x\r\n');
    closers.push(() => clearInterval(drip));
    const startMs = Date.now();
    await vi.waitFor(() => expect([quiet.closed_, slow.closed_]).toEqual([true, true]), { timeout: 14_000, interval: 200 });
    expect(Date.now() - startMs).toBeGreaterThan(8000);
  }, 20_000);

  it('with a token do not make room for strangers', async () => {
    const { port } = await open({ limits: { perAddress: 4, perLoopback: 4, perAddressKnown: 4, total: 6 } });
    const known = await silent(port);
    let answered = 0;
    known.on('data', () => answered++);
    known.write('GET /rules HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n');
    await vi.waitFor(() => expect(answered).toBe(1));
    for (let i = 0; i < 30; i++) await silent(port);
    await new Promise((r) => setTimeout(r, 100));
    expect(known.closed_ ?? false).toBe(false);
    known.write('GET /rules HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n');
    await vi.waitFor(() => expect(answered).toBe(2));
  });

  it('with a token over TLS do not make room for strangers either, and last', async () => {
    const folder = join(import.meta.dirname, '../fixtures/tls');
    const { port } = await open({
      tls: { certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') },
      limits: { perAddress: 4, perLoopback: 4, perAddressKnown: 4, total: 6 },
    });
    const known = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    closers.push(() => known.destroy());
    let answered = 0;
    let closed = false;
    known.on('data', () => answered++);
    known.on('close', () => {
      closed = true;
    });
    known.on('error', () => undefined);
    await new Promise<void>((r) => known.once('secureConnect', () => r()));
    known.write('GET /rules HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n');
    await vi.waitFor(() => expect(answered).toBe(1));
    for (let i = 0; i < 30; i++) await silent(port);
    await new Promise((r) => setTimeout(r, 100));
    expect(closed).toBe(false);
    known.write('GET /rules HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\n\r\n');
    await vi.waitFor(() => expect(answered).toBe(2));
  });

  it('are counted by IPv4 address, by /64 of IPv6, and together for this machine', () => {
    expect(['127.0.0.1', '127.9.9.9', '::1', '::ffff:127.0.0.1', ''].map(addressKey)).toEqual(Array(5).fill('loopback'));
    expect(addressKey('::ffff:192.168.1.7')).toBe('192.168.1.7');
    expect(addressKey('2001:db8:1:2:3:4:5:6')).toBe(addressKey('2001:db8:1:2:ffff::1'));
    expect(addressKey('2001:db8:1:2::1')).not.toBe(addressKey('2001:db8:1:3::1'));
    expect(addressKey('fe80::1%eth0')).toBe(addressKey('fe80::2'));
    expect(addressKey('2001:db8::1')).toBe(addressKey('2001:db8::2'));
  });

  it('are forgotten when they end', async () => {
    const gate = createHttpGate({ perAddress: 2, perLoopback: 2, perAddressKnown: 2, total: 2 });
    const server = (await import('node:http')).createServer((_q, s) => void s.end());
    gate.watch(server);
    await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
    closers.push(() => server.close());
    const { port } = server.address() as { port: number };
    for (let i = 0; i < 5; i++) (await silent(port)).destroy();
    await vi.waitFor(() => expect(gate.counts.open).toBe(0));
  });

  it('of the data server are limited as well, and it reads no body without a token', async () => {
    const taken: number[] = [];
    const data = createDataServer({
      address: () => ({ ip: '127.0.0.1', port: 0 }),
      check: () => undefined,
      admit: (h) => (h.authorization === 'Bearer good' ? { mayWrite: true } : { status: 401, reason: 'missing_token' }),
    });
    closers.push(() => data.close());
    await data.add({ path: '/in', request: (q, s) => void q.on('data', (d: Buffer) => taken.push(d.length)).on('end', () => s.end('ok')) });
    const f = await flood(data.port, 'POST /in HTTP/1.1\r\nHost: x\r\nContent-Length: 104857600\r\n\r\n');
    expect([f.answer.slice(9, 12), f.closed, taken.length]).toEqual(['401', true, 0]);
    const sockets = await Promise.all(Array.from({ length: 300 }, () => silent(data.port)));
    await vi.waitFor(() => expect(sockets.filter((s) => s.closed_).length).toBe(300 - 256));
    expect((await call(data.port, 'POST', '/in', { Authorization: 'Bearer good' }, 'x')).text).toBe('ok');
  });
});

describe('guessing tokens', () => {
  // @covers issue:13#5
  it('is slowed after ten wrong ones of an address, one more a second; a token that was right is never kept out', async () => {
    const clock = createVirtualClock(1_700_000_000_000);
    let looked = 0;
    const counting: Credentials = { count: 1, check: (a, now) => (looked++, credentials.check(a, now)) };
    const backoff = createTokenBackoff(clock);
    const from = (token: string, address = '10.0.0.9') => backoff.check(counting, `Bearer ${token}`, address);
    expect(from('good')).toMatchObject({ role: 'admin' });
    for (let i = 0; i < 10; i++) expect(from(`bad${i}`)).toEqual({ refused: 'unknown token' });
    const before = looked;
    expect(from('bad')).toEqual({ refused: expect.stringContaining('too many wrong tokens'), waitS: 1 });
    expect(looked).toBe(before);
    expect(from('good')).toMatchObject({ role: 'admin' });
    expect(from('view')).toMatchObject({ waitS: 1 });
    expect(from('view', '10.0.0.8')).toMatchObject({ role: 'viewer' });
    expect(backoff.check(counting, undefined, '10.0.0.9')).toEqual({ refused: 'missing_token' });
    await clock.advance(1000);
    expect(from('view')).toMatchObject({ role: 'viewer' });
    expect(from('bad')).toEqual({ refused: 'unknown token' });
    expect(from('bad')).toMatchObject({ waitS: 1 });
    await clock.advance(60_000);
    for (let i = 0; i < 10; i++) expect(from('bad')).toEqual({ refused: 'unknown token' });
    expect(from('bad')).toMatchObject({ waitS: 1 });
  });

  it('a token that was right and is revoked waits like any other', () => {
    let revoked = false;
    const revocable: Credentials = { count: 1, check: (a, now) => (revoked ? { refused: 'token is revoked' } : credentials.check(a, now)) };
    const backoff = createTokenBackoff(createVirtualClock(0));
    const from = (token: string) => backoff.check(revocable, `Bearer ${token}`, '10.0.0.9');
    expect(from('good')).toMatchObject({ role: 'admin' });
    revoked = true;
    for (let i = 0; i < 10; i++) expect(from('good')).toEqual({ refused: 'token is revoked' });
    expect(from('good')).toMatchObject({ waitS: 1 });
  });

  it('is remembered of 4,096 addresses at most', () => {
    const backoff = createTokenBackoff(createVirtualClock(0));
    for (let i = 0; i < 6000; i++) backoff.check(credentials, 'Bearer bad', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    expect(backoff.addresses).toBe(4096);
  });

  it('gets 429 with Retry-After over HTTP', async () => {
    const { port } = await open();
    const statuses = [];
    for (let i = 0; i < 11; i++) statuses.push((await call(port, 'GET', '/rules', { Authorization: `Bearer no${i}` })).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429]);
    expect((await call(port, 'GET', '/rules', { Authorization: 'Bearer no' })).headers['retry-after']).toBe('1');
    // asking who is there costs nothing
    expect((await call(port, 'GET', '/', { Authorization: 'Bearer no' })).status).toBe(200);
  });
});

describe('a viewer', () => {
  // @covers finding:security#D8
  it('gets no export of the whole configuration, which may hold secrets that nobody marked', async () => {
    const { port } = await open();
    for (const path of ['/data/export', '/v2/data/export', '/data/export?x=1', '/auth/revocations'])
      expect((await call(port, 'GET', path, { Authorization: 'Bearer view' })).status, path).toBe(403);
    expect((await call(port, 'GET', '/data/export', { Authorization: 'Bearer good' })).status).toBe(200);
    expect((await call(port, 'GET', '/rules', { Authorization: 'Bearer view' })).status).toBe(200);
  });
});

describe('a JWT', () => {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const NOW_S = 1_800_000_000;
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-jwt-'));
  mkdirSync(join(folder, 'mgmt'));
  writeFileSync(join(folder, 'mgmt/plant.pub'), publicKey.export({ type: 'spki', format: 'pem' }));
  const part = (o: unknown) => Buffer.from(typeof o === 'string' ? o : JSON.stringify(o)).toString('base64url');
  const token = (claims: unknown, header: object = {}) => {
    const text = `${part({ alg: 'RS256', typ: 'JWT', ...header })}.${part(claims)}`;
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey).toString('base64url')}`;
  };
  const good = { iss: 'plant.pub', aud: 'eKuiper', exp: NOW_S + 3600 };
  const check = (claims: unknown, header?: object, revoked?: ReturnType<typeof openRevocations>) =>
    readCredentials(join(folder, 'mgmt'), revoked).check(token(claims, header), NOW_S * 1000);
  test.afterAll?.(() => rmSync(folder, { recursive: true, force: true }));

  // @covers issue:13#5
  // @covers finding:security#D8
  it.each([
    ['without exp', { ...good, exp: undefined }],
    ['with exp null', { ...good, exp: null }],
    ['with exp as text', { ...good, exp: String(NOW_S + 3600) }],
    ['with exp as text in the past', { ...good, exp: '1796000000' }],
    ['with exp in milliseconds', { ...good, exp: (NOW_S + 3600) * 1000 }],
    ['with exp 1e400', '{"iss":"plant.pub","aud":"eKuiper","exp":1e400}'],
    ['with a negative exp', { ...good, exp: -1 }],
    ['with exp true', { ...good, exp: true }],
    ['with exp in a list', { ...good, exp: [NOW_S + 3600] }],
    ['with exp now', { ...good, exp: NOW_S }],
    ['with exp in the past', { ...good, exp: NOW_S - 1 }],
    ['with nbf in the future', { ...good, nbf: NOW_S + 1 }],
    ['with nbf as text', { ...good, nbf: '0' }],
    ['with iat in the future', { ...good, iat: NOW_S + 61 }],
    ['with iat as text', { ...good, iat: 'now' }],
    ['with an unknown role', { ...good, role: 'root' }],
    ['with role null', { ...good, role: null }],
    ['with an empty list of roles', { ...good, roles: [] }],
    ['with one unknown role of two', { ...good, roles: ['admin', 'root'] }],
    ['with jti as a number', { ...good, jti: 7 }],
    ['of another audience', { ...good, aud: 'other' }],
    ['of an unknown issuer', { ...good, iss: 'other.pub' }],
    ['with an issuer that leads elsewhere', { ...good, iss: '../mgmt/plant.pub' }],
    ['that is a list', [good]],
  ])('%s is refused', (_name, claims) => {
    expect(check(claims)).toHaveProperty('refused');
  });

  it.each([
    ['crit', { crit: ['exp'] }],
    ['an empty crit', { crit: [] }],
    ['crit and b64', { crit: ['b64'], b64: false }],
    ['alg none', { alg: 'none' }],
    ['alg HS256', { alg: 'HS256' }],
  ])('with %s in its header is refused', (_name, header) => {
    expect(check(good, header)).toHaveProperty('refused');
  });

  it('says what it may do: a role, the lesser of several; without one everything, as in eKuiper', () => {
    expect(check(good)).toMatchObject({ role: 'admin' });
    expect(check({ ...good, role: 'viewer' })).toMatchObject({ role: 'viewer' });
    expect(check({ ...good, roles: ['admin', 'viewer'] })).toMatchObject({ role: 'viewer' });
    expect(check({ ...good, roles: ['admin'] })).toMatchObject({ role: 'admin' });
    expect(check({ ...good, aud: ['x', 'eKuiper'], iat: NOW_S + 59, nbf: NOW_S })).toMatchObject({ role: 'admin' });
  });

  it('and a token of the file are revoked by id, subject or name; over a restart, and by hand', async () => {
    const etc = join(folder, 'mgmt');
    const data = join(folder, 'data');
    writeFileSync(join(etc, 'tokens'), `laptop admin ${'a'.repeat(64)}\n`);
    const revoked = openRevocations(etc, data, () => 5);
    const by = (claims: object) => 'refused' in check({ ...good, ...claims }, {}, revoked);
    expect([by({ jti: 'one' }), by({ sub: 'joe' })]).toEqual([false, false]);
    await revoked.add('jti', 'one');
    await revoked.add('sub', 'joe');
    await revoked.add('sub', 'joe');
    await revoked.add('token', 'laptop');
    expect([by({ jti: 'one' }), by({ jti: 'two' }), by({ sub: 'joe', jti: 'x' }), by({ sub: 'one' }), by({})]).toEqual([
      true,
      false,
      true,
      false,
      false,
    ]);
    const again = openRevocations(etc, data, () => 9);
    expect(again.list()).toEqual([{ kind: 'jti', value: 'one', atMs: 5 }, { kind: 'sub', value: 'joe', atMs: 5 }, { kind: 'token', value: 'laptop', atMs: 5 }]); // biome-ignore format: one line
    expect(again.isTokenRevoked('laptop')).toBe(true);
    expect([await again.remove('jti', 'one'), await again.remove('jti', 'one')]).toEqual([true, false]);
    writeFileSync(join(etc, 'revoked'), '# by hand\nsub ann\n');
    again.reload();
    expect(again.isRevoked({ iss: '', sub: 'ann' })).toBe(true);
    expect(again.isRevoked({ iss: '', jti: 'one' })).toBe(false);
    expect(readFileSync(join(data, 'revoked.json'), 'utf8')).not.toContain('"one"');
    writeFileSync(join(etc, 'revoked'), 'nonsense\n');
    expect(() => again.reload()).toThrow(/revoked:1/);
    // who was shut out does not come back because a file is damaged
    writeFileSync(join(etc, 'revoked'), '');
    writeFileSync(join(data, 'revoked.json'), '[{"kind"');
    expect(() => openRevocations(etc, data, () => 0)).toThrow(/revoked.json/);
  });

  it('is revoked over REST by the role admin, at once', async () => {
    const etc = join(folder, 'mgmt2');
    mkdirSync(etc);
    const revoked = openRevocations(etc, join(folder, 'data2'), () => 5);
    const { port } = await open({ router: Promise.resolve(createRouter(authRoutes(revoked))) });
    const admin = { Authorization: 'Bearer good' };
    const post = (body: unknown) => call(port, 'POST', '/auth/revocations', admin, JSON.stringify(body));
    expect(await post({ kind: 'jti', value: 'a/b c' })).toMatchObject({ status: 201, text: 'jti a/b c is revoked' });
    expect(revoked.isRevoked({ iss: '', jti: 'a/b c' })).toBe(true);
    for (const bad of [{ kind: 'iss', value: 'x' }, { kind: 'jti', value: '' }, { kind: 'jti', value: 'a\nb' }, { kind: 'jti' }, []])
      expect((await post(bad)).status).toBe(400);
    expect(JSON.parse((await call(port, 'GET', '/auth/revocations', admin)).text)).toEqual([{ kind: 'jti', value: 'a/b c', atMs: 5 }]);
    expect((await call(port, 'POST', '/auth/revocations', { Authorization: 'Bearer view' }, '{}')).status).toBe(403);
    expect((await call(port, 'DELETE', `/auth/revocations/jti/${encodeURIComponent('a/b c')}`, admin)).status).toBe(200);
    expect((await call(port, 'DELETE', '/auth/revocations/jti/x', admin)).status).toBe(404);
  });
});

describe('a caller without a token, by name', () => {
  // @covers finding:security#D8
  it.each([
    '[::1].evil.com',
    '127.0.0.1.evil.com',
    'localhost:80@evil.com',
    '[::1]x',
    '[::1]:80:90',
    'localhost.evil.com',
    '127.0.0.1/evil.com',
    '127.0.0.1#@evil.com',
    '[::1',
    '',
    'evil.com',
    '127.0.0.1:99999999',
  ])('%j is not a name of this server', (host) => {
    expect(refusalWithoutToken({ host, origin: undefined, site: undefined }, [])).toContain('not one of this server');
  });

  it.each(['[::1]', '[::1]:9081', '127.0.0.1', '127.0.0.1:9081', 'localhost:9081', 'LOCALHOST'])('%j is', (host) => {
    expect(refusalWithoutToken({ host, origin: undefined, site: undefined }, [])).toBeUndefined();
    expect(hostNameOf(`http://${host}`)).toBe(hostNameOf(host));
  });

  it.each(['Cross-Site', 'CROSS-SITE', ' cross-site', 'same-Site'])('Sec-Fetch-Site %j is read whatever its case', (site) => {
    expect(refusalWithoutToken(callerOf({ host: 'localhost', 'sec-fetch-site': site }), [])).toContain('pages of another site');
  });
});

describe('headers that are sent twice', () => {
  /** @returns the status line of the answer */
  const raw = (port: number, head: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(head));
      closers.push(() => socket.destroy());
      socket.on('error', reject);
      socket.on('data', (d) => resolve(d.toString().split('\r\n')[0]!));
      socket.on('close', () => resolve('closed'));
    });

  test.each([
    ['Host', 'Host: 127.0.0.1\r\nHost: evil.example\r\n'],
    ['Host in another case', 'host: 127.0.0.1\r\nHOST: 127.0.0.1\r\n'],
    ['Authorization', 'Host: x\r\nAuthorization: Bearer good\r\nAuthorization: Bearer bad\r\n'],
    ['Origin', 'Host: x\r\nAuthorization: Bearer good\r\nOrigin: http://127.0.0.1\r\nOrigin: http://evil.example\r\n'],
    ['Sec-Fetch-Site', 'Host: x\r\nSec-Fetch-Site: same-origin\r\nSec-Fetch-Site: cross-site\r\n'],
  ])('%s: 400, with a token and without', async (_name, headers) => {
    for (const more of [{}, { credentials: () => undefined }]) {
      const { port } = await open(more);
      for (const path of ['/rules', '/', '/ping', '/console/'])
        expect(await raw(port, `GET ${path} HTTP/1.1\r\n${headers}\r\n`)).toBe('HTTP/1.1 400 Bad Request');
      expect(seen).toEqual([]);
    }
  });

  test('the data server refuses them too, for calls and for WebSockets', async () => {
    const data = createDataServer({ address: () => ({ ip: '127.0.0.1', port: 0, tls: undefined }), check: () => undefined, admit: () => ({ mayWrite: true }) }); // biome-ignore format: one line
    let came = 0;
    const count = (end: () => unknown) => {
      came++;
      end();
    };
    closers.push(
      await data.add({ path: '/in', request: (_q, s) => count(() => s.end('ok')) }),
      await data.add({ path: '/ws', upgrade: (_q, s) => count(() => s.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')) }),
    );
    expect(await raw(data.port, 'GET /in HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n')).toBe('HTTP/1.1 400 Bad Request');
    const upgrade = (headers: string) => `GET /ws HTTP/1.1\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
    expect(await raw(data.port, upgrade('Host: a\r\nHost: b\r\n'))).toMatch(/^HTTP\/1\.1 400/);
    expect(came).toBe(0);
    expect(await raw(data.port, upgrade('Host: a\r\n'))).toMatch(/^HTTP\/1\.1 101/);
    expect(await raw(data.port, 'GET /in HTTP/1.1\r\nHost: a\r\nX-Other: 1\r\nX-Other: 2\r\n\r\n')).toBe('HTTP/1.1 200 OK');
  });

  test.each([
    ['two lengths', 'POST /rules HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    ['a length and chunks', 'POST /rules HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length with a sign', 'POST /rules HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello'],
    ['an endless length', `POST /rules HTTP/1.1\r\nHost: x\r\nContent-Length: ${'9'.repeat(40)}\r\n\r\n`],
    ['a coding that is no chunking', 'POST /rules HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n'],
    ['no Host', 'GET /rules HTTP/1.1\r\n\r\n'],
    ['a line break without CR', 'GET /rules HTTP/1.1\nHost: x\n\n'],
    ['a folded header', 'GET /rules HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n'],
    ['a space before the colon', 'GET /rules HTTP/1.1\r\nHost : x\r\n\r\n'],
    ['headers beyond 16 kB', `GET /rules HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`],
  ])('%s: the call is refused and the connection closed', async (_name, head) => {
    const { port } = await open();
    expect(await raw(port, head)).toMatch(/^HTTP\/1\.1 4(00|01|31) |^closed$/);
    expect(seen).toEqual([]);
  });

  test('a hundred calls in one packet without a token: each is refused, none is handled', async () => {
    const { port } = await open();
    const socket = connect(port, '127.0.0.1');
    closers.push(() => socket.destroy());
    socket.on('error', () => undefined);
    let answers = '';
    socket.on('data', (d) => {
      answers += d.toString();
    });
    socket.write('GET /rules HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(100));
    await vi.waitFor(() => expect(answers.match(/^HTTP\/1\.1 401 /gm)?.length).toBe(100), { timeout: 20_000 });
    expect(seen).toEqual([]);
  });
});

describe('bodies of those who have a token', () => {
  const good = { authorization: 'Bearer good' };
  test('what was read gives its place to the next one', async () => {
    const { port } = await open({ bodiesBytes: 1000 });
    for (let i = 0; i < 5; i++) expect((await call(port, 'POST', '/data/import', good, 'x'.repeat(600))).status).toBe(200);
    expect((await call(port, 'POST', '/data/import', good, 'x'.repeat(1100))).status).toBe(503);
    expect((await call(port, 'POST', '/data/import', good, 'x'.repeat(600))).status).toBe(200);
  });

  test('so does one that breaks off', async () => {
    const { port } = await open({ bodiesBytes: 1000 });
    for (let i = 0; i < 3; i++) {
      const socket = connect(port, '127.0.0.1');
      closers.push(() => socket.destroy());
      socket.on('error', () => undefined);
      socket.write('POST /data/import HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer good\r\nContent-Length: 900\r\n\r\n' + 'x'.repeat(600));
      // it is held as long as the connection is there
      await vi.waitFor(async () => expect((await call(port, 'POST', '/data/import', good, 'x'.repeat(600))).status).toBe(503), 20_000);
      socket.destroy();
      await vi.waitFor(async () => expect((await call(port, 'POST', '/data/import', good, 'x'.repeat(600))).status).toBe(200), 20_000);
    }
  });

  test('a connection whose caller shows no token makes room although it called; one with a token stays', async () => {
    const { port } = await open({ limits: { perAddress: 2, perLoopback: 2, perAddressKnown: 2, total: 100 } });
    const keep = async (head: string) => {
      const socket = connect(port, '127.0.0.1');
      closers.push(() => socket.destroy());
      socket.on('error', () => undefined);
      let closed = false;
      socket.on('close', () => {
        closed = true;
      });
      await new Promise<void>((resolve) => {
        socket.once('data', () => resolve());
        socket.write(`GET /rules HTTP/1.1\r\nHost: x\r\n${head}\r\n`);
      });
      return () => closed;
    };
    const known = await keep('Authorization: Bearer good\r\n');
    const stranger = await keep('');
    await keep('');
    await keep('');
    await vi.waitFor(() => expect(stranger()).toBe(true), 20_000);
    expect(known()).toBe(false);
  });
});
