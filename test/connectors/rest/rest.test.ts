// REST sink against a real server on loopback: what is sent, which answers are delivery, which may be tried again, the guard.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isRetriable } from '../../../src/base/errors/gateway-error.ts';
import rest from '../../../src/connectors/rest/index.ts';
import type { NetworkSettings } from '../../../src/contract/context.ts';
import type { Props } from '../../../src/contract/props.ts';
import { createTestContext } from '../../helpers/connector-context.ts';
import { type HttpPeer, startHttpPeer } from '../../helpers/http-peer.ts';

const open: NetworkSettings = { enablePrivateNet: true, dataServer: { ip: '127.0.0.1', port: 0 } };
let peer: HttpPeer;
beforeEach(async () => {
  peer = await startHttpPeer();
});
afterEach(() => peer.close());

async function send(props: Props, data: string | Uint8Array, dynamic?: Record<string, unknown>, network = open) {
  const sink = rest.sink!.create();
  await sink.configure!({ url: `${peer.url}/x?a=1`, ...props });
  const ctx = { ...createTestContext(), network };
  await sink.open(ctx, () => undefined);
  try {
    await sink.collect(ctx, data, dynamic);
    return { error: undefined, lines: ctx.lines };
  } catch (error) {
    return { error: error as Error, lines: ctx.lines };
  } finally {
    await sink.close(ctx);
  }
}

describe('rest sink', () => {
  const types: [props: Props, type: string | undefined, body: string][] = [
    [{}, undefined, ''],
    [{ method: 'post' }, 'application/json', '{"a":1}'],
    [{ method: 'PUT', bodyType: 'text' }, 'text/plain', '{"a":1}'],
    [{ method: 'post', bodyType: 'html' }, 'text/html', '{"a":1}'],
    [{ method: 'post', bodyType: 'xml' }, 'application/xml', '{"a":1}'],
    [{ method: 'post', bodyType: 'javascript' }, 'application/javascript', '{"a":1}'],
    [{ method: 'post', bodyType: 'binary' }, undefined, '{"a":1}'],
    [{ method: 'post', bodyType: 'form', format: 'urlencoded' }, 'application/x-www-form-urlencoded;param=value', '{"a":1}'],
    [{ method: 'delete', bodyType: 'none' }, undefined, ''],
  ];
  it.each(types)('sends %j', async (props, type, body) => {
    expect((await send(props, '{"a":1}')).error).toBeUndefined();
    const [got] = peer.asked;
    expect(got).toMatchObject({ method: String(props['method'] ?? 'get').toUpperCase(), path: '/x?a=1', body });
    expect(got!.headers['content-type']).toBe(type);
  });

  it('sends headers, which win over the content type, also for the first message (eKuiper forgets them)', async () => {
    await send({ method: 'post', headers: { 'Content-Type': 'text/x', Authorization: 'Bearer t' } }, '1');
    expect(peer.asked[0]!.headers).toMatchObject({ 'content-type': 'text/x', authorization: 'Bearer t' });
  });

  it('takes url, method, bodyType and headers from templates', async () => {
    await send({ url: `${peer.url}/{{.u}}`, method: '{{.m}}', bodyType: '{{.b}}', headers: { h: '{{.h}}' } }, '1', {
      url: `${peer.url}/d1`,
      method: 'put',
      bodyType: 'text',
      headers: { h: 'v' },
    });
    expect(peer.asked[0]).toMatchObject({ method: 'PUT', path: '/d1', body: '1' });
    expect(peer.asked[0]!.headers).toMatchObject({ h: 'v', 'content-type': 'text/plain' });
  });

  it('sends multipart form data with the payload as a file', async () => {
    await send({ method: 'post', bodyType: 'formdata', formData: { site: 'p"7' }, fileFieldName: 'reading' }, Uint8Array.of(0, 255));
    const { headers, body } = peer.asked[0]!;
    const boundary = /boundary=(.+)$/.exec(headers['content-type']!)![1]!;
    expect(body.split(`--${boundary}`).length).toBe(4);
    expect(body).toContain('name="site"');
    expect(body).toContain('name="reading"; filename="reading"');
    expect(body).toContain('\r\n\r\n\u0000\u00ff\r\n');
  });

  it('names the compression of its payload', async () => {
    await send({ method: 'post', compression: 'gzip' }, 'packed');
    await send({ method: 'post', compression: 'zlib' }, 'packed');
    expect(peer.asked.map((a) => a.headers['content-encoding'])).toEqual(['gzip', undefined]);
  });

  it.each([
    [200, undefined, false],
    [204, undefined, false],
    [400, 'response code error: 400', false],
    [404, 'response code error: 404', false],
    [408, 'response code error: 408', true],
    [429, 'response code error: 429', true],
    [500, 'response code error: 500', true],
    [503, 'response code error: 503', true],
    [302, 'response code error: 302', false],
  ])('takes status %i as %s', async (status, text, again) => {
    peer.answer = (r) => {
      r.statusCode = status;
      r.end();
    };
    const { error } = await send({ method: 'post' }, '1');
    if (text === undefined) expect(error).toBeUndefined();
    else {
      expect(error!.message).toContain(`parse response error: ${text} | method=post path="${peer.url}/x?a=1" status=${status}`);
      expect(isRetriable(error)).toBe(again);
    }
  });

  it('reads the field `code` of the answer when asked', async () => {
    const props = { method: 'post', responseType: 'body', debugResp: true };
    peer.answer = (r) => void r.end('{"code":200}');
    const good = await send(props, '1');
    expect(good.error).toBeUndefined();
    expect(JSON.stringify(good.lines)).toContain('rest sink answer');
    peer.answer = (r) => void r.end('{"code":400}');
    expect((await send(props, '1')).error!.message).toContain('response body error: code 400');
    peer.answer = (r) => void r.end('no');
    expect((await send(props, '1')).error!.message).toContain('response body error: decode fail for');
  });

  it('may try again when the peer is away, too slow or breaks off', async () => {
    peer.answer = () => undefined;
    const slow = await send({ method: 'post', timeout: '100ms' }, '1');
    expect(slow.error!.message).toContain('no answer within 100 ms');
    peer.answer = (r) => void r.destroy();
    const broken = await send({ method: 'post' }, '1');
    const { url } = peer;
    await peer.close();
    const away = await send({ url, method: 'post' }, '1');
    for (const { error } of [slow, broken, away]) expect(isRetriable(error)).toBe(true);
  });

  it.each(['127.0.0.1', 'localhost', '[::1]', '0.0.0.0', '10.1.2.3', '192.168.1.1', '169.254.169.254', '[::ffff:127.0.0.1]', '2130706433'])(
    'refuses to call %s without enablePrivateNet',
    async (host) => {
      const port = new URL(peer.url).port;
      const { error } = await send({ url: `http://${host}:${port}/`, method: 'post' }, '1', undefined, {
        ...open,
        enablePrivateNet: false,
      });
      expect(error!.message).toMatch(/ip \S+ is in internal network/);
      expect(isRetriable(error)).toBe(false);
      expect(peer.asked).toEqual([]);
    },
  );

  it('is closed to internal addresses when the settings say nothing', async () => {
    const sink = rest.sink!.create();
    await sink.configure!({ url: peer.url });
    const ctx = createTestContext();
    await sink.open(ctx, () => undefined);
    await expect(sink.collect(ctx, '1')).rejects.toThrow('is in internal network');
    await sink.close(ctx);
  });

  it.each([
    [{ method: 'patch' }, 'Not supported HTTP method patch.'],
    [{ method: 'head' }, 'Not supported HTTP method head.'],
    [{ bodyType: 'yaml' }, 'Invalid body type value yaml.'],
    [{ responseType: 'text' }, 'Invalid response type value text.'],
    [{ url: 'ftp://h' }, 'Invalid url ftp://h'],
    [{ bodyType: 'form' }, 'format must be urlencoded if bodyType is form'],
    [{ bodyType: 'json', format: 'delimited' }, 'format must be json if bodyType is json'],
  ] as [Props, string][])('refuses %j', (props, part) => {
    expect(() => rest.sink!.create().configure!(props)).toThrow(part);
  });
});
