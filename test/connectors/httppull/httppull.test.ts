// httppull against a real server on loopback: polling, states, incremental answers, errors, the guard, lookup.
import zlib from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import httppull from '../../../src/connectors/httppull/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { type HttpPeer, startHttpPeer } from '../../helpers/http-peer.ts';

let peer: HttpPeer;
const closers: (() => unknown)[] = [];
beforeEach(async () => {
  peer = await startHttpPeer();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await peer.close();
});
const context = (enablePrivateNet = true) => ({
  ...createTestContext(),
  clock: createVirtualClock(),
  network: { enablePrivateNet, dataServer: { ip: '127.0.0.1', port: 0 } },
});
const answers = (...texts: string[]) => {
  peer.answer = (r, n) => void r.end(texts[Math.min(n, texts.length) - 1]);
};

async function pull(props: Props, datasource = '/data', saved?: unknown, privateNet = true) {
  const source = httppull.source!.create();
  await source.configure!(datasource, { url: peer.url, interval: '10s', ...props });
  if (saved !== undefined) source.rewind!(saved);
  const ctx = context(privateNet);
  const rows: Row[] = [];
  await source.open(
    ctx,
    (data) => void rows.push(...(data as Row[])),
    () => undefined,
  );
  closers.push(() => source.close(ctx));
  return {
    source,
    ctx,
    rows,
    asked: (n: number) =>
      vi.waitFor(async () => {
        expect(peer.asked.length).toBe(n);
        await new Promise((resolve) => setImmediate(resolve));
      }),
    drops: () => vi.waitFor(() => expect(ctx.drops.length).toBeGreaterThan(0)),
  };
}

describe('httppull source', () => {
  it('asks at once and then each interval; arrays are rows', async () => {
    answers('{"a":1}', '[{"a":2},{"a":3}]');
    const s = await pull({});
    await vi.waitFor(() => expect(s.rows).toEqual([{ a: 1 }]));
    await s.ctx.clock.advance(9_999);
    expect(peer.asked.length).toBe(1);
    await s.ctx.clock.advance(1);
    await vi.waitFor(() => expect(s.rows).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]));
    expect(peer.asked[0]).toMatchObject({ method: 'GET', path: '/data', body: '' });
    expect(s.ctx.states.at(-1)!.state).toBe('connected');
  });

  it('sends method, body, content type and headers', async () => {
    answers('{}');
    const s = await pull({ method: 'post', body: '{"q":1}', headers: { X: 'y' } });
    await s.asked(1);
    expect(peer.asked[0]).toMatchObject({ method: 'POST', body: '{"q":1}' });
    expect(peer.asked[0]!.headers).toMatchObject({ 'content-type': 'application/json', x: 'y' });
  });

  it('leaves out an answer that equals the one before, when incremental', async () => {
    answers('{"a":1}', '{"a":1}', '{"a":2}');
    const s = await pull({ incremental: true });
    await vi.waitFor(() => expect(s.rows.length).toBe(1));
    await s.ctx.clock.advance(10_000);
    await s.asked(2);
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(10_000);
      expect(s.rows).toEqual([{ a: 1 }, { a: 2 }]);
    });
  });

  it('renews its states from the answer, and keeps them as its position', async () => {
    answers('{"token":"t1","v":1}', '{"v":2}');
    const s = await pull({ url: `${peer.url}/x?t={{.token}}`, states: { token: 't0' } }, '');
    await vi.waitFor(() => expect(s.rows.length).toBe(1));
    await s.ctx.clock.advance(10_000);
    await s.asked(2);
    const offset = structuredClone(s.source.offset!());
    expect(offset).toEqual({ token: 't1' });
    await pull({ url: `${peer.url}/x?t={{.token}}`, states: { token: 't0' } }, '', offset);
    await s.asked(3);
    expect(peer.asked.map((a) => a.path)).toEqual(['/x?t=t0', '/x?t=t1', '/x?t=t1']);
  });

  it('unpacks answers that say how they are packed', async () => {
    peer.answer = (r) => {
      r.setHeader('content-encoding', 'gzip');
      r.end(zlib.gzipSync('{"a":1}'));
    };
    const s = await pull({ compression: 'gzip' });
    await vi.waitFor(() => expect(s.rows).toEqual([{ a: 1 }]));
    peer.answer = (r) => void r.end('{"a":1}');
    const t = await pull({ compression: 'gzip' });
    await t.drops();
    expect(t.ctx.drops[0]).toContain('no Content-Encoding');
  });

  it('counts and shows answers that are wrong, and goes on', async () => {
    peer.answer = (r, n) => {
      if (n === 1) r.statusCode = 404;
      r.end(n === 2 ? '[1]' : n === 3 ? '{"code":500}' : '{"code":200}');
    };
    const s = await pull({ responseType: 'body' });
    await s.drops();
    expect(s.ctx.drops[0]).toBe('1 response code error: 404');
    expect(s.ctx.states.at(-1)).toEqual({ state: 'disconnected', message: 'response code error: 404' });
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(10_000);
      expect(s.ctx.drops.length).toBe(3);
    });
    expect(s.ctx.drops[2]).toContain('response body error: code 500');
    await vi.waitFor(async () => {
      await s.ctx.clock.advance(10_000);
      expect(s.rows).toEqual([{ code: 200 }]);
    });
    expect(s.ctx.states.at(-1)!.state).toBe('connected');
  });

  it('does not call internal addresses without enablePrivateNet', async () => {
    const s = await pull({}, '/', undefined, false);
    await s.drops();
    expect(s.ctx.drops[0]).toMatch(/^1 ip 127.0.0.1 is in internal network; "enablePrivateNet: true" below basic/);
    expect(peer.asked).toEqual([]);
  });

  it.each([
    [{ method: 'patch' }, 'Not supported HTTP method patch.'],
    [{ bodyType: 'yaml' }, 'Invalid body type value yaml.'],
    [{ responseType: 'x' }, 'Invalid response type value x.'],
    [{ url: 'tcp://h' }, 'Invalid scheme tcp'],
    [{ timeout: '-1s' }, 'timeout'],
    [{ compression: 'rar' }, 'rar'],
    [{ oauth: { refresh: { url: 'http://x' } } }, 'if setting oAuth, `access` property is required'],
    [{ oauth: { access: { url: 'ftp://x' } } }, 'oauth.access.url: it must begin with http'],
    [{ oauth: { access: { url: 'http://x', expire: 'hello' } } }, 'property expire'],
  ] as [Props, string][])('refuses %j', (props, part) => {
    expect(() => httppull.source!.create().configure!('/', { url: 'http://h', ...props })).toThrow(part);
  });
});

describe('httppull lookup', () => {
  it('asks at each lookup and compares keys with their type', async () => {
    answers('[{"id":1,"n":"a"},{"id":2,"n":"b"}]');
    const table = httppull.lookup!.create();
    await table.configure!('/t', { url: peer.url });
    const ctx = context();
    await table.open(ctx);
    expect(await table.lookup(ctx, [], ['id'], [2])).toEqual([{ id: 2, n: 'b' }]);
    expect(await table.lookup(ctx, ['n'], ['id'], [1])).toEqual([{ n: 'a' }]);
    expect(await table.lookup(ctx, [], ['id'], [9])).toEqual([]);
    expect(await table.lookup(ctx, [], ['id'], ['1'])).toEqual([]);
    expect(peer.asked.length).toBe(4);
    await table.close(ctx);
  });
});
