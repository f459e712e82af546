// Bundles over HTTP from a server that breaks off, forgets, changes the file, and lies; the file is whole or the error says what is wrong.
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRealClock } from '../../../src/base/clock.ts';
import { type DownloadOptions, download } from '../../../src/system/update/download.ts';

const BUNDLE = randomBytes(300_000);
const SUM = createHash('sha256').update(BUNDLE).digest('hex');

let dir: string;
let server: Server;
let ranges: (string | undefined)[];
let answer: (request: IncomingMessage, response: ServerResponse, call: number) => void;
let url: string;

/** A server as it should be: ranges, If-Range, a strong tag. @param upTo breaks off after so many bytes of the body */
function serve(request: IncomingMessage, response: ServerResponse, upTo = Number.POSITIVE_INFINITY, body = BUNDLE, tag = '"v1"') {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const partial = from > 0 && request.headers['if-range'] === tag;
  if (partial && from >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` });
    return void response.end();
  }
  const rest = partial ? body.subarray(from) : body;
  response.writeHead(partial ? 206 : 200, {
    etag: tag,
    'content-length': rest.length,
    ...(partial ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {}),
  });
  if (upTo >= rest.length) return void response.end(rest);
  response.write(rest.subarray(0, upTo), () =>
    onDisk(
      (bytes) => bytes > (partial ? from : 0),
      () => response.destroy(),
    ),
  );
}

/** What has come is written when it gets there, however busy the machine is. @param then called once the file's size is such */
function onDisk(such: (bytes: number) => boolean, then: () => void) {
  const part = join(dir, 'bundle.part');
  const look = setInterval(() => {
    if (!existsSync(part) || !such(statSync(part).size)) return;
    clearInterval(look);
    then();
  }, 5);
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kuiper-download-'));
  ranges = [];
  answer = (request, response) => serve(request, response);
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/b.raucb`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

const percents: number[] = [];
const get = (more: Partial<DownloadOptions> = {}) => {
  const real = createRealClock();
  return download({
    url,
    folder: dir,
    clock: { ...real, sleep: (_ms, signal) => real.sleep(1, signal) },
    onPercent: (percent) => percents.push(percent),
    signal: new AbortController().signal,
    tries: 4,
    ...more,
  });
};

describe('a download', () => {
  // @covers issue:17#1
  it('that breaks off again and again goes on where it was', async () => {
    answer = (request, response) => serve(request, response, 90_000);
    percents.length = 0;
    const file = await get({ sha256: SUM });
    expect(readFileSync(file).equals(BUNDLE)).toBe(true);
    // what was under way when it broke off may be lost
    expect(ranges.length).toBeGreaterThanOrEqual(4);
    const offsets = ranges.map((range) => Number(/\d+/.exec(range ?? '0')![0]));
    expect(offsets[0]).toBe(0);
    expect(offsets[1]).toBeGreaterThan(0);
    expect(offsets).toEqual(offsets.toSorted((a, b) => a - b));
    expect(percents.at(-1)).toBe(100);
    expect(percents).toEqual(percents.toSorted((a, b) => a - b));
    expect(existsSync(join(dir, 'bundle.part'))).toBe(false);
  });

  it('goes on after a restart of the device, in another process', async () => {
    answer = (request, response) => serve(request, response, 90_000);
    await expect(get({ tries: 1 })).rejects.toMatchObject({ code: 'UPDATE_DOWNLOAD' });
    const had = statSync(join(dir, 'bundle.part')).size;
    expect(had).toBeGreaterThan(0);
    answer = (request, response) => serve(request, response);
    expect(readFileSync(await get()).equals(BUNDLE)).toBe(true);
    expect(ranges.at(-1)).toBe(`bytes=${had}-`);
  });

  it('of a file that was changed meanwhile begins anew', async () => {
    const other = randomBytes(200_000);
    answer = (request, response, call) =>
      call === 1 ? serve(request, response, 90_000) : serve(request, response, undefined, other, '"v2"');
    expect(readFileSync(await get()).equals(other)).toBe(true);
  });

  it('without a tag, or with a weak one, begins anew', async () => {
    answer = (request, response, call) => serve(request, response, call === 1 ? 90_000 : undefined, BUNDLE, 'W/"v1"');
    expect(readFileSync(await get()).equals(BUNDLE)).toBe(true);
    expect(ranges).toEqual([undefined, undefined]);
  });

  it('with another sum than it should have is refused, and nothing of it stays', async () => {
    await expect(get({ sha256: 'a'.repeat(64) })).rejects.toMatchObject({
      code: 'UPDATE_DAMAGED',
      message: `The bundle is damaged: its SHA-256 is ${SUM}, expected ${'a'.repeat(64)}`,
    });
    expect(existsSync(join(dir, 'bundle.part'))).toBe(false);
    expect(existsSync(join(dir, 'bundle.raucb'))).toBe(false);
  });

  it('that is not there is told at once, a server in trouble is asked again', async () => {
    answer = (_request, response) => response.writeHead(404).end();
    await expect(get()).rejects.toMatchObject({ code: 'UPDATE_FAILED' });
    expect(ranges.length).toBe(1);
    answer = (request, response, call) => (call < 4 ? response.writeHead(503).end() : serve(request, response));
    expect(readFileSync(await get()).equals(BUNDLE)).toBe(true);
    expect(ranges.length).toBe(4);
  });

  it('without room for it is refused before the first byte', async () => {
    const freeBytes = () => 64 * 1024 * 1024 + BUNDLE.length - 1;
    await expect(get({ freeBytes })).rejects.toMatchObject({ code: 'UPDATE_NO_SPACE', params: { neededMb: 1, freeMb: 0 } });
    expect(existsSync(join(dir, 'bundle.part'))).toBe(false);
    expect(readFileSync(await get({ freeBytes: () => freeBytes() + 1 })).equals(BUNDLE)).toBe(true);
  });

  it('that is stopped says so and keeps what it has', async () => {
    const stop = new AbortController();
    answer = (_request, response) => {
      response.writeHead(200, { etag: '"v1"', 'content-length': BUNDLE.length });
      response.write(BUNDLE.subarray(0, 90_000), () =>
        onDisk(
          (bytes) => bytes === 90_000,
          () => stop.abort(new Error('stop')),
        ),
      );
    };
    await expect(get({ signal: stop.signal })).rejects.toMatchObject({ code: 'UPDATE_STOPPED' });
    expect(statSync(join(dir, 'bundle.part')).size).toBe(90_000);
  });

  it('from a server that is not there is given up after its tries', async () => {
    await expect(get({ url: 'http://127.0.0.1:1/x' })).rejects.toMatchObject({ code: 'UPDATE_DOWNLOAD', retriable: true });
  });
});
