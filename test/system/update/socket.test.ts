// The updater's socket as its callers use it: results, errors with their codes, a bundle as bytes, a caller that goes away.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GatewayError } from '../../../src/base/errors/gateway-error.ts';
import { createUpdateClient } from '../../../src/system/update/client.ts';
import type { InstallOptions, UpdateInstaller, UpdateSource, UpdateStatus } from '../../../src/system/update/installer.ts';
import { createUpdateServer } from '../../../src/system/update/server.ts';
import type { Updater } from '../../../src/system/update/updater.ts';

let dir: string;
let server: Server;
let client: UpdateInstaller;
let calls: unknown[];
let install: (source: UpdateSource, options: InstallOptions, signal?: AbortSignal) => ReturnType<Updater['install']>;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kuiper-socket-'));
  calls = [];
  install = (source, options) => {
    calls.push(source, options);
    return Promise.resolve({ id: '1', version: '2.0.0', slot: 'B', restart: 'now' });
  };
  const updater: Updater = {
    busy: false,
    start: () => Promise.resolve(),
    stop: () => undefined,
    install: (source, options, signal) => install(source, options, signal),
    status: () => Promise.resolve({ text: 'fine' } as UpdateStatus),
    confirm: (by) => Promise.resolve(void calls.push(['confirm', by])),
    restart: () => Promise.resolve(void calls.push(['restart'])),
    rollback: () => Promise.reject(new GatewayError('UPDATE_NOTHING', { verb: 'go back to', text: 'nothing there' })),
  };
  server = createUpdateServer({ updater, folder: join(dir, 'data') });
  await new Promise<void>((resolve) => server.listen(join(dir, 's'), resolve));
  client = createUpdateClient(join(dir, 's'));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(dir, { recursive: true, force: true });
});

describe('the socket of the updater', () => {
  it('gives what the updater gives, and its errors with code and text', async () => {
    expect(await client.status()).toEqual({ text: 'fine' });
    await client.confirm('anna');
    await client.restart();
    expect(calls).toEqual([['confirm', 'anna'], ['restart']]);
    await expect(client.rollback('anna')).rejects.toMatchObject({
      code: 'UPDATE_NOTHING',
      message: 'There is nothing to go back to: nothing there',
    });
  });

  it('passes an address with its options, and no others', async () => {
    const options = { by: 'fleet', restart: 'now', allowDowngrade: true, sha256: 'A'.repeat(64), sneaky: 1 } as InstallOptions;
    expect(await client.install({ url: 'http://x/y', headers: { a: 'b' } }, options)).toEqual({
      id: '1',
      version: '2.0.0',
      slot: 'B',
      restart: 'now',
    });
    expect(calls).toEqual([
      { url: 'http://x/y', headers: { a: 'b' } },
      { by: 'fleet', restart: 'now', allowDowngrade: true, sha256: 'A'.repeat(64) },
    ]);
  });

  it('takes a file as bytes, and opens no path of a caller', async () => {
    const file = join(dir, 'b.raucb');
    writeFileSync(file, Buffer.alloc(300_000, 'bundle'));
    let seen: Buffer | undefined;
    install = (source, options) => {
      calls.push(options);
      const path = (source as { file: string }).file;
      expect(path).toBe(join(dir, 'data/upload.raucb'));
      seen = readFileSync(path);
      return Promise.resolve({ id: '1', version: '2.0.0', slot: 'B', restart: 'window' });
    };
    await client.install({ file }, { by: 'cli' });
    expect(seen?.equals(readFileSync(file))).toBe(true);
    expect(calls).toEqual([{ by: 'cli' }]);
    const answer = await post('/install', { source: { file: '/etc/shadow' }, options: { by: 'x' } });
    expect(answer).toMatchObject({ code: 'UPDATE_FAILED' });
    expect(calls.length).toBe(1);
  });

  it('refuses options that are none, and requests that are no JSON', async () => {
    await expect(client.install({ usb: true }, { by: 'x', sha256: 'zz' })).rejects.toMatchObject({ code: 'UPDATE_FAILED' });
    await expect(client.install({ usb: true }, { by: 'x', restart: 'soon' as 'now' })).rejects.toMatchObject({ code: 'UPDATE_FAILED' });
    expect(await post('/confirm', 'no json')).toMatchObject({ code: 'UPDATE_FAILED' });
    expect(calls).toEqual([]);
  });

  it('stops an installation whose caller goes away', async () => {
    let signal: AbortSignal | undefined;
    const stopped = new Promise<void>((resolve) => {
      install = (_source, _options, given) => {
        signal = given;
        given?.addEventListener('abort', () => resolve());
        return new Promise(() => undefined);
      };
    });
    const gone = new AbortController();
    const installing = client.install({ url: 'http://x/y' }, { by: 'x' }, gone.signal);
    const failure = expect(installing).rejects.toMatchObject({ code: 'UPDATE_STOPPED' });
    while (!signal) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(signal.aborted).toBe(false);
    gone.abort(new Error('gone'));
    await failure;
    await stopped;
  });

  it('that is not there says that this machine has no updater', async () => {
    await expect(createUpdateClient(join(dir, 'none')).status()).rejects.toMatchObject({ code: 'UPDATE_NO_DEVICE' });
  });
});

function post(path: string, body: unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: join(dir, 's'), method: 'POST', path }, (response) => {
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      response.on('end', () => resolve(JSON.parse(text)));
    });
    call.on('error', reject);
    call.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
}
