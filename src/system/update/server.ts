// The updater's door: HTTP on a socket of the system, which members of the group kuiper may open (the login user and the gateway). No path of the caller is
// opened: a bundle comes as an address or as the bytes themselves. Made by main.ts; the other end is client.ts.
import { createWriteStream, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { GatewayError, isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { InstallOptions, UpdateSource } from './installer.ts';
import { checkSpace } from './space.ts';
import type { Updater } from './updater.ts';

/** A call's body but the bundle. */
const MAX_BODY_BYTES = 65_536;

export interface ServerOptions {
  readonly updater: Updater;
  /** For a bundle that comes as bytes. */
  readonly folder: string;
  /** Called at every request, and when one ends. */
  onUse?(): void;
}

export function createUpdateServer({ updater, folder, onUse = () => undefined }: ServerOptions): Server {
  const install = async (request: IncomingMessage, response: ServerResponse, use: (signal: AbortSignal) => Promise<unknown>) => {
    // A caller that goes away stops it; `wait=no` lets it run on.
    const stop = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) stop.abort(new Error('the caller has gone'));
    });
    return use(new URL(request.url!, 'http://x').searchParams.get('wait') === 'no' ? new AbortController().signal : stop.signal);
  };
  const upload = async (request: IncomingMessage): Promise<string> => {
    mkdirSync(folder, { recursive: true });
    const bytes = Number(request.headers['content-length'] ?? Number.NaN);
    checkSpace(folder, bytes);
    const file = join(folder, 'upload.raucb');
    await pipeline(request, createWriteStream(file));
    return file;
  };
  const routes: Record<string, (request: IncomingMessage, response: ServerResponse) => Promise<unknown>> = {
    'GET /status': () => updater.status(),
    'POST /install': async (request, response) => {
      const { source, options } = (await json(request)) as { source: UpdateSource; options: InstallOptions };
      // A path would be opened as root.
      if (!('url' in source) && !('usb' in source))
        throw new GatewayError('UPDATE_FAILED', { problem: 'a bundle is given as an address, a stick, or its bytes' });
      return install(request, response, (signal) => updater.install(source, checked(options), signal));
    },
    'PUT /install': async (request, response) => {
      const options = checked(JSON.parse(new URL(request.url!, 'http://x').searchParams.get('options') ?? '{}'));
      let file: string | undefined;
      try {
        file = await upload(request);
        const whole = file;
        return await install(request, response, (signal) => updater.install({ file: whole }, options, signal));
      } finally {
        rmSync(join(folder, 'upload.raucb'), { force: true });
      }
    },
    'POST /confirm': async (request) => updater.confirm(by(await json(request))),
    'POST /restart': () => updater.restart(),
    'POST /rollback': async (request) => updater.rollback(by(await json(request))),
  };
  return createServer((request, response) => {
    onUse();
    const handle = routes[`${request.method} ${new URL(request.url!, 'http://x').pathname}`];
    const answer = (status: number, body: unknown) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
      onUse();
    };
    if (!handle) return answer(404, { message: 'no such path' });
    handle(request, response).then(
      (result) => answer(200, result),
      (error: unknown) =>
        answer(
          409,
          isGatewayError(error)
            ? { code: error.code, params: error.params, message: error.message }
            : { code: 'UPDATE_FAILED', params: { problem: messageOf(error) } },
        ),
    );
  });
}

function checked(options: unknown): InstallOptions {
  const { sha256, allowDowngrade, restart, by: who } = (options ?? {}) as Record<string, unknown>;
  if (sha256 !== undefined && !/^[0-9a-f]{64}$/i.test(String(sha256)))
    throw new GatewayError('UPDATE_FAILED', { problem: 'sha256 is no SHA-256 in hex' });
  if (restart !== undefined && !['now', 'window', 'asked'].includes(String(restart)))
    throw new GatewayError('UPDATE_FAILED', { problem: `restart is "${restart}"; now, window or asked` });
  return {
    by: text(who),
    ...(sha256 === undefined ? {} : { sha256: String(sha256) }),
    ...(allowDowngrade === true ? { allowDowngrade } : {}),
    ...(restart === undefined ? {} : { restart: restart as NonNullable<InstallOptions['restart']> }),
  };
}

const by = (body: unknown): string => text((body as { by?: unknown }).by);
/** It goes into reports: one short line. */
const text = (value: unknown): string =>
  typeof value === 'string' && value !== '' ? value.replace(/\p{Cc}/gu, ' ').slice(0, 100) : 'somebody';

async function json(request: IncomingMessage): Promise<unknown> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > MAX_BODY_BYTES) throw new GatewayError('UPDATE_FAILED', { problem: 'the request is too long' });
  }
  try {
    return JSON.parse(body === '' ? '{}' : body);
  } catch (error) {
    throw new GatewayError('UPDATE_FAILED', { problem: `the request is not JSON: ${messageOf(error)}` });
  }
}
