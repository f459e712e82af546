// HTTP to the gateway for the commands. One request per call, no pool: a command makes one or two.
import { once } from 'node:events';
import type { ClientRequest } from 'node:http';
import { nodeHttp, nodeHttps } from '../base/node-http.ts';
import { CliError } from './cli-error.ts';
import type { Meter, Transfer } from './progress.ts';
import { overSsh } from './ssh.ts';

export interface ClientOptions {
  /** What would have no effect is refused. */
  strict?: boolean;
  /** Gets what the gateway says of a call that has no effect in part. */
  warn?(text: string): void;
  /** e.g. `http://127.0.0.1:9081` */
  url: string;
  token: string | undefined;
  /** Shows how far a call is. */
  meter?: Meter | undefined;
}

export interface Answer {
  status: number;
  body: Buffer;
  warnings: string[];
}

export interface Client {
  readonly url: string;
  readonly hasToken: boolean;
  /** @param strictly what would have no effect is refused, also without --strict  @throws CliError with the server's message (`message` of the error body) when the status is 400 or more, and when nobody answers */
  call(method: string, path: string, body?: string, strictly?: boolean): Promise<string>;
  /** The same with an answer that is no text. */
  bytes(method: string, path: string, body?: string, strictly?: boolean): Promise<Buffer>;
  /** The same with a JSON answer. @param waitMs longest wait for it; a minute if absent */
  json<T = unknown>(method: string, path: string, body?: string, waitMs?: number): Promise<T>;
  /** Reads an event stream until it ends or `signal` is aborted. @param event data of one event  @throws CliError as `call` */
  events(path: string, signal: AbortSignal, event: (data: string) => void): Promise<void>;
}

/** Longest wait for an answer; an import of a large configuration takes seconds. */
const TIMEOUT_MS = 60_000;

export function createClient({ url, token, strict = false, warn = () => undefined, meter }: ClientOptions): Client {
  const bytes = async (method: string, path: string, body?: string, strictly = strict, waitMs = TIMEOUT_MS): Promise<Buffer> => {
    const begun = meter?.begin(body === undefined ? 0 : Buffer.byteLength(body));
    const answer = await send(url, path, method, body, token, strictly, waitMs, begun?.transfer).finally(() => begun?.end());
    for (const text of answer.warnings) warn(text);
    if (answer.status < 400) return answer.body;
    throw new CliError(messageOf(answer), 'refused');
  };
  const call = async (method: string, path: string, body?: string, strictly?: boolean): Promise<string> =>
    (await bytes(method, path, body, strictly)).toString('utf8');
  return {
    url,
    hasToken: token !== undefined && token !== '',
    call,
    bytes,
    json: async <T>(method: string, path: string, body?: string, waitMs?: number) =>
      JSON.parse((await bytes(method, path, body, strict, waitMs)).toString('utf8')) as T,
    events: (path, signal, event) => follow(url, path, token, signal, event),
  };
}

/** Lines `data: …` of an event stream, one event each. */
function follow(base: string, path: string, token: string | undefined, signal: AbortSignal, event: (data: string) => void): Promise<void> {
  const { request } = base.startsWith('https:') ? nodeHttps() : nodeHttp();
  const ssh = base.startsWith('ssh:') ? new URL(base) : undefined;
  const headers = { Accept: 'text/event-stream', ...(token ? { Authorization: token } : {}) };
  return new Promise((resolve, reject) => {
    const call = request(ssh ? `http://127.0.0.1${path}` : base + path, {
      headers,
      ...(ssh ? { createConnection: () => overSsh(ssh) } : { agent: false as const }),
    });
    const stop = () => {
      call.destroy();
      resolve();
    };
    signal.addEventListener('abort', stop, { once: true });
    call.on('error', (error) => (signal.aborted ? resolve() : reject(unreachable(error))));
    call.on('response', (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if ((response.statusCode ?? 500) >= 400) return;
        const lines = text.split('\n');
        text = lines.pop()!;
        for (const line of lines) if (line.startsWith('data:')) event(line.slice(5).trim());
      });
      response.on('error', (error) => (signal.aborted ? resolve() : reject(unreachable(error))));
      response.on('end', () => {
        signal.removeEventListener('abort', stop);
        const status = response.statusCode ?? 500;
        if (status < 400) resolve();
        else reject(new CliError(messageOf({ status, body: Buffer.from(text), warnings: [] }), 'refused'));
      });
    });
    if (signal.aborted) stop();
    else call.end();
  });
}

async function send(
  base: string,
  path: string,
  method: string,
  body: string | undefined,
  token: string | undefined,
  strict: boolean,
  waitMs: number,
  transfer: Transfer = { sentBytes: 0, toSendBytes: 0, receivedBytes: 0, toReceiveBytes: undefined },
): Promise<Answer> {
  const { request } = base.startsWith('https:') ? nodeHttps() : nodeHttp();
  const ssh = base.startsWith('ssh:') ? new URL(base) : undefined;
  const headers: Record<string, string | number> =
    body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  if (token) headers['Authorization'] = token;
  if (strict) headers['Kuiper-Strict'] = 'true';
  return new Promise((resolve, reject) => {
    const options = {
      method,
      headers,
      timeout: waitMs,
      ...(ssh ? { createConnection: () => overSsh(ssh) } : { agent: false as const }),
    };
    const call = request(ssh ? `http://127.0.0.1${path}` : base + path, options, (response) => {
      const chunks: Buffer[] = [];
      const { 'content-length': length } = response.headers;
      transfer.toReceiveBytes = length === undefined ? undefined : Number(length);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        transfer.receivedBytes += chunk.length;
      });
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks),
          warnings: warningsOf(response.headers['kuiper-warnings']),
        }),
      );
      response.on('error', reject);
    });
    call.on('timeout', () => call.destroy(new CliError(`No answer from ${base}${path} within ${waitMs / 1000} s.`, 'unreachable')));
    call.on('error', (error) => reject(unreachable(error)));
    if (body === undefined) call.end();
    else
      sendBody(call, Buffer.from(body), transfer).catch(() => {
        // the call's own error says it
      });
  });
}

const CHUNK_BYTES = 65_536;

/** In pieces, so that it can be seen how far it is. */
async function sendBody(call: ClientRequest, body: Buffer, transfer: Transfer): Promise<void> {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) {
    if (!call.write(body.subarray(at, at + CHUNK_BYTES))) await once(call, 'drain');
    transfer.sentBytes = Math.min(body.length, at + CHUNK_BYTES);
  }
  call.end();
}

const unreachable = (error: Error): CliError =>
  error instanceof CliError
    ? error
    : new CliError(`Failed to connect the server, please start the server. (${error.message})${certificateHint(error)}`, 'unreachable');

/** A list of sentences as JSON; anything else comes from something that is no gateway. */
function warningsOf(header: string | string[] | undefined): string[] {
  if (typeof header !== 'string') return [];
  try {
    const list: unknown = JSON.parse(header);
    return Array.isArray(list) ? list.filter((w) => typeof w === 'string') : [];
  } catch {
    return [header];
  }
}

function messageOf({ status, body }: Answer): string {
  const text = body.toString('utf8');
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    if (typeof message === 'string') return message;
  } catch {
    // not an error body: plain text such as 401's
  }
  return text.trim() || `the server answered ${status}`;
}

/** What to do about the certificate of a gateway that speaks TLS. */
function certificateHint(error: unknown): string {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/.test(String((error as { code?: unknown }).code))
    ? '\nhint: the certificate of the gateway is not trusted here; set NODE_EXTRA_CA_CERTS to the file of its CA (or of the certificate itself)'
    : '';
}
