// A download that is sent elsewhere: each address on the way is judged as the first.
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, expect, it, vi } from 'vitest';
import { guardedLookup } from '../../src/base/net-guard.ts';
import { createDownloader } from '../../src/service/download.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-redirects-'));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

/** A network in which each address of `to` sends on to the next; what is not listed has a file. */
function network(to: Record<string, string>) {
  const asked: string[] = [];
  let guarded = true;
  const get = (url: URL, options: { lookup?: unknown }, answer: (r: unknown) => void) => {
    if (url.protocol !== 'http:') throw new TypeError(`Protocol "${url.protocol}" not supported`);
    asked.push(url.href);
    guarded &&= options.lookup === guardedLookup;
    const location = to[url.href];
    const response = Object.assign(Readable.from([Buffer.from('content')]), {
      statusCode: location === undefined ? 200 : 302,
      headers: { location },
    });
    queueMicrotask(() => answer(response));
    return new EventEmitter();
  };
  vi.spyOn(process.getBuiltinModule('node:http'), 'get').mockImplementation(get as never);
  return { asked, isGuarded: () => guarded };
}
const downloader = (enablePrivateNet = false) =>
  createDownloader(join(root, 'data'), () => ({ enablePrivateNet, allowExternalFileAccess: false }));

// @covers issue:13#5
it.each([
  'http://127.0.0.1/x',
  'http://[::ffff:10.0.0.1]/x',
  '//169.254.169.254/latest',
  'http://2130706433/',
  'http://0x7f.1/',
  'file:///etc/passwd',
])('never goes to %s', async (target) => {
  const net = network({ 'http://8.8.8.8/a': '/b', 'http://8.8.8.8/b': target });
  await expect(downloader().read('http://8.8.8.8/a')).rejects.toThrow(/is in internal network|not supported/);
  expect(net.asked).toEqual(['http://8.8.8.8/a', 'http://8.8.8.8/b']);
});

// @covers issue:13#5
it('follows five at most, each with names that are judged when they are looked up', async () => {
  const net = network({ 'http://one.example/': 'http://two.example/', 'http://two.example/': '/last', 'http://round.example/': '/' });
  expect(Buffer.from(await downloader().read('http://one.example/')).toString()).toBe('content');
  expect(net.asked).toEqual(['http://one.example/', 'http://two.example/', 'http://two.example/last']);
  expect(net.isGuarded()).toBe(true);
  await expect(downloader().read('http://round.example/')).rejects.toThrow('too many redirects');
  expect(net.asked).toHaveLength(3 + 6);
});

it('goes to the own network when that is allowed', async () => {
  network({ 'http://10.0.0.1/': 'http://127.0.0.1/x' });
  expect(Buffer.from(await downloader(true).read('http://10.0.0.1/')).toString()).toBe('content');
});
