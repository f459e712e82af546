// Tokens of the rest sink and of httppull against a real server on loopback: how they are fetched, used, shared, renewed, and what waits without one.
// @covers issue:21#6 finding:parity#11
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { isRetriable } from '../../../src/base/errors/gateway-error.ts';
import { maskValue } from '../../../src/base/secrets.ts';
import httppull from '../../../src/connectors/httppull/index.ts';
import rest from '../../../src/connectors/rest/index.ts';
import type { Props } from '../../../src/contract/props.ts';
import type { Row } from '../../../src/data/value.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { type HttpPeer, startHttpPeer } from '../../helpers/http-peer.ts';

let peer: HttpPeer;
const closers: (() => unknown)[] = [];
/** What the server does: per path, the token it gave last is the only good one. */
let tokens = 0;
let refreshAnswer: ((response: ServerResponse) => void) | undefined;
let accessStatus = 200;
let good = (token: string | undefined) => token === `Bearer t${tokens}`;
beforeEach(async () => {
  tokens = 0;
  accessStatus = 200;
  refreshAnswer = undefined;
  good = (token) => token === `Bearer t${tokens}`;
  peer = await startHttpPeer();
  peer.answer = (response) => {
    const asked = peer.asked.at(-1);
    const json = (status: number, body: unknown) => {
      response.statusCode = status;
      response.end(JSON.stringify(body));
    };
    if (asked?.path === '/refresh' && refreshAnswer) return refreshAnswer(response);
    if (asked?.path === '/token' || asked?.path === '/refresh') {
      if (accessStatus !== 200) return json(accessStatus, {});
      tokens++;
      return json(200, { access_token: `t${tokens}`, ...(asked.path === '/token' ? { refresh_token: 'again' } : {}), expires_in: 60 });
    }
    return good(asked?.headers.authorization) ? json(200, { a: tokens }) : json(401, {});
  };
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  await peer.close();
});

const paths = () => peer.asked.map((a) => a.path);
const props = (oauth: Props = {}, more: Props = {}): Props => ({
  url: `${peer.url}/data`,
  method: 'post',
  headers: { Authorization: 'Bearer {{.access_token}}' },
  oAuth: { access: { url: `${peer.url}/token`, body: '{"user":"u"}', expire: '3600' }, ...oauth },
  ...more,
});
const context = () => ({
  ...createTestContext(),
  clock: createVirtualClock(),
  network: { enablePrivateNet: true, dataServer: { ip: '127.0.0.1', port: 0 } },
});
async function sinkOf(given: Props) {
  const sink = rest.sink!.create();
  await sink.configure!(given);
  const ctx = context();
  await sink.open(ctx, () => undefined);
  closers.push(() => sink.close(ctx));
  return { ctx, send: async (text = '{"b":1}') => sink.collect(ctx, text) };
}

describe('oauth of the rest sink', () => {
  it('fetches a token by POST with JSON, once for all rows, and puts it into the headers', async () => {
    const { send } = await sinkOf(props());
    await Promise.all([send(), send(), send()]);
    await send();
    expect(paths()).toEqual(['/token', '/data', '/data', '/data', '/data']);
    expect(peer.asked[0]).toMatchObject({ method: 'POST', body: '{"user":"u"}' });
    expect(peer.asked[0]?.headers['content-type']).toBe('application/json');
    expect(peer.asked[1]?.headers.authorization).toBe('Bearer t1');
  });

  it('sends the headers of access, also a content type of its own (client credentials)', async () => {
    const access = {
      url: `${peer.url}/token`,
      body: 'grant_type=client_credentials',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    };
    await (await sinkOf(props({ access }))).send();
    expect(peer.asked[0]?.headers['content-type']).toBe('application/x-www-form-urlencoded');
  });

  it('refreshes when more than half of the time has passed, with the fields of the token before', async () => {
    const refresh = { url: `${peer.url}/refresh`, headers: { X: '{{.refresh_token}}' }, body: '{"r":"{{.refresh_token}}"}' };
    const { ctx, send } = await sinkOf(props({ refresh }));
    await send();
    await ctx.clock.advance(1_800_000);
    await send();
    expect(paths()).toEqual(['/token', '/data', '/data']);
    await ctx.clock.advance(1000);
    await send();
    expect(paths().slice(3)).toEqual(['/refresh', '/data']);
    expect(peer.asked[3]).toMatchObject({ method: 'POST', body: '{"r":"again"}' });
    expect(peer.asked[3]?.headers['x']).toBe('again');
    // the answer of refresh had no refresh_token: the one before stays
    await ctx.clock.advance(1_801_000);
    await send();
    expect(peer.asked.at(-2)).toMatchObject({ path: '/refresh', body: '{"r":"again"}' });
    expect(peer.asked.at(-1)?.headers.authorization).toBe('Bearer t3');
  });

  it('takes the time from expires_in when expire is not set, and asks access again without refresh', async () => {
    const { ctx, send } = await sinkOf(props({ access: { url: `${peer.url}/token`, body: '{}' } }));
    await send();
    await ctx.clock.advance(31_000);
    await send();
    expect(paths()).toEqual(['/token', '/data', '/token', '/data']);
  });

  it('asks for a new token on 401 and sends the row again; a second 401 is a failure on this row', async () => {
    const { send } = await sinkOf(props());
    await send();
    tokens = 7; // the server forgot its tokens
    await send();
    expect(paths().slice(2)).toEqual(['/data', '/token', '/data']);
    good = () => false;
    const error = await send().then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ answered: true });
    expect(String(error)).toContain('response code error: 401');
  });

  it('asks access when the refresh is refused', async () => {
    refreshAnswer = (response) => {
      response.statusCode = 400;
      response.end('{}');
    };
    const { ctx, send } = await sinkOf(props({ refresh: { url: `${peer.url}/refresh`, body: '{}' } }));
    await send();
    await ctx.clock.advance(1_801_000);
    await send();
    expect(paths().slice(2)).toEqual(['/refresh', '/token', '/data']);
    expect(ctx.lines.some((l) => String(l['msg']).includes('could not be refreshed'))).toBe(true);
  });

  it('lets rows wait while no token can be had, and uses one that is still good', async () => {
    const { ctx, send } = await sinkOf(props());
    accessStatus = 500;
    const error = await send().then(
      () => undefined,
      (e: unknown) => e,
    );
    expect(isRetriable(error)).toBe(true);
    expect(String(error)).toContain('fail to authorize by oAuth');
    expect(paths()).toEqual(['/token']);
    accessStatus = 200;
    await send();
    accessStatus = 500;
    await ctx.clock.advance(1_801_000);
    await send();
    expect(peer.asked.at(-1)?.headers.authorization).toBe('Bearer t1');
    await ctx.clock.advance(1_800_000);
    await expect(send()).rejects.toThrow('fail to authorize by oAuth');
  });

  it('names a field that the answer does not have', async () => {
    const { send } = await sinkOf(props({}, { headers: { Authorization: '{{.token}}' } }));
    await expect(send()).rejects.toThrow(/headers names a field .* it has access_token, refresh_token, expires_in/);
    expect(paths()).toEqual(['/token']);
  });

  it('does nothing when the address of access is empty', async () => {
    good = (token) => token === undefined;
    await (await sinkOf(props({ access: { url: '' } }, { headers: {} }))).send();
    expect(paths()).toEqual(['/data']);
  });

  it('leaves the headers to the sink, not to rows', () => {
    expect(rest.sink!.fills?.(props())).toEqual(['headers']);
    expect(rest.sink!.fills?.({ url: 'http://x' })).toEqual([]);
  });

  it('shows no password of its bodies', () => {
    const access = { url: 'https://login.example/token', body: 'grant_type=password&client_secret=planted1' };
    const refresh = { url: 'https://u:planted2@login.example/r', body: '{"password":"planted3"}', headers: { Authorization: 'planted4' } };
    expect(JSON.stringify(maskValue({ oauth: { access, refresh } }))).not.toContain('planted');
  });
});

describe('oauth of httppull', () => {
  it('fills headers and body with the fields of the token, and renews it on 401', async () => {
    const source = httppull.source!.create();
    await source.configure!('/data', { ...props({}, { body: '{"t":"{{.access_token}}"}' }), url: peer.url, interval: '10s' });
    const ctx = context();
    const rows: Row[] = [];
    await source.open(
      ctx,
      (data) => void rows.push(...(data as Row[])),
      () => undefined,
    );
    closers.push(() => source.close(ctx));
    await vi.waitFor(() => expect(rows).toEqual([{ a: 1 }]), { timeout: 10_000 });
    expect(peer.asked[1]).toMatchObject({ method: 'POST', path: '/data', body: '{"t":"t1"}' });
    tokens = 4;
    await ctx.clock.advance(10_000);
    await vi.waitFor(() => expect(rows).toEqual([{ a: 1 }, { a: 5 }]), { timeout: 10_000 });
    expect(paths()).toEqual(['/token', '/data', '/data', '/token', '/data']);
  });

  it('serves lookups', async () => {
    const table = httppull.lookup!.create();
    await table.configure!('/data', { ...props(), url: peer.url });
    const ctx = context();
    await table.open!(ctx);
    closers.push(() => table.close(ctx));
    expect(await table.lookup(ctx, [], ['a'], [1])).toEqual([{ a: 1 }]);
  });
});
