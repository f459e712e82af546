// The HTTP side of REST: sockets, limits, access, CORS. What a call means is decided in dispatch.ts and routes/.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { nodeHttp, nodeHttps } from '../base/node-http.ts';
import type { TlsFiles } from '../config/index.ts';
import { callerOf, refusalWithoutToken } from './access.ts';
import type { Credentials } from './credentials.ts';
import { dispatch } from './dispatch.ts';
import { empty, type Reply, text } from './reply.ts';
import type { Router } from './router.ts';

export interface RestServerOptions {
  ip: string;
  /** 0 = any free port. */
  port: number;
  tls: TlsFiles | undefined;
  /** Calls wait for it: the port is taken before the rules are loaded. */
  router: Promise<Router>;
  clock: Clock;
  log: Log;
  /** Asked at each call. Undefined: no token is asked for; the server then listens on loopback only (checkListenAddress). */
  credentials: () => Credentials | undefined;
  allowedHosts: () => readonly string[];
  auditLog: () => boolean;
}

export interface RestServer {
  /** Address as it came out, e.g. `http://127.0.0.1:9081`. */
  readonly url: string;
  /** Takes no new calls, lets those under way end. Safe to call twice. */
  close(): Promise<void>;
  /** Cuts what is still open. */
  destroy(): void;
}

/** Longest body of most calls; a longer one gets 413. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Bodies of imports and uploads. */
const MAX_IMPORT_BYTES = 128 * 1024 * 1024;
const IMPORT_PATHS = /^\/(v2\/|async\/)?data\/import|^\/ruleset\/import|^\/config\/uploads|^\/schemas\//;
const OPEN_PATHS = new Set(['/', '/ping']);
/** eKuiper's only GET that does something. */
const ACTING_GETS = new Set(['/stop']);
const CORS_HEADERS = 'Accept, Accept-Language, Content-Type, Content-Language, Origin, Authorization';
const CORS_METHODS = 'POST, GET, PUT, DELETE, HEAD, PATCH';

/** @throws the error of listen (EADDRINUSE …) or of reading the TLS files */
export async function openRestServer(options: RestServerOptions): Promise<RestServer> {
  const server = createHttp(options.tls, (request, response) => {
    serve(request, response, options).catch((error: unknown) => {
      options.log.error({ code: 'REST_FAULT', error }, 'A REST connection failed.');
      response.destroy();
    });
  });
  // eKuiper: read and write 5 min, idle 60 s
  server.requestTimeout = 300_000;
  server.headersTimeout = 30_000;
  server.keepAliveTimeout = 60_000;
  server.maxConnections = 1024;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.ip, () => {
      server.off('error', reject);
      resolve();
    });
  });
  const address = server.address() as AddressInfo;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  let closing: Promise<void> | undefined;
  return {
    url: `${options.tls ? 'https' : 'http'}://${host}:${address.port}`,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
      return closing;
    },
    destroy: () => server.closeAllConnections(),
  };
}

function createHttp(tls: TlsFiles | undefined, listener: (q: IncomingMessage, s: ServerResponse) => void): Server {
  if (!tls) return nodeHttp().createServer(listener);
  const read = (key: string, file: string): Buffer => {
    try {
      return readFileSync(file);
    } catch (error) {
      throw new GatewayError('CONFIG_FILE', { file: `${key} "${file}"`, reason: messageOf(error) }, { cause: error });
    }
  };
  const cert = read('basic.restTls.certfile', tls.certFile);
  const key = read('basic.restTls.keyfile', tls.keyFile);
  try {
    return nodeHttps().createServer({ cert, key, minVersion: 'TLSv1.2' }, listener);
  } catch (error) {
    const mismatch = (error as NodeJS.ErrnoException).code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    const reason = mismatch ? 'the key is not the one of the certificate' : `no certificate and key in PEM form (${messageOf(error)})`;
    throw new GatewayError('CONFIG_FILE', { file: `basic.restTls: "${tls.certFile}", "${tls.keyFile}"`, reason }, { cause: error });
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, options: RestServerOptions): Promise<void> {
  const method = request.method ?? 'GET';
  const url = request.url ?? '/';
  const path = url.split('?', 1)[0]!;
  const origin = request.headers.origin;

  const credentials = options.credentials();
  const refusal = allow(request, method, path, options, credentials);
  if (origin !== undefined && refusal?.status !== 403) {
    response.setHeader('Access-Control-Allow-Origin', credentials ? '*' : origin);
    if (!credentials) response.setHeader('Vary', 'Origin');
    if (method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
      response.setHeader('Access-Control-Allow-Methods', CORS_METHODS);
      response.setHeader('Access-Control-Allow-Headers', CORS_HEADERS);
      return write(request, response, empty(), options);
    }
  }
  if (refusal) return write(request, response, refusal, options);

  const limit = IMPORT_PATHS.test(path) ? MAX_IMPORT_BYTES : MAX_BODY_BYTES;
  let body: Uint8Array | undefined;
  try {
    body = await readBody(request, limit);
  } catch (error) {
    // the client went away in the middle of its body: there is nobody to answer
    options.log.debug({ path, reason: messageOf(error) }, 'A REST call ended before its body did.');
    response.destroy();
    return;
  }
  if (!body) {
    response.setHeader('Connection', 'close');
    return write(request, response, text(`the body is longer than ${limit} bytes\n`, 413), options);
  }
  const headers = request.headers as Record<string, string | undefined>;
  write(request, response, await dispatch(await options.router, { method, url, headers, body }, options.log), options);
}

/** @returns the refusal, or undefined when the caller may go on */
function allow(
  request: IncomingMessage,
  method: string,
  path: string,
  options: RestServerOptions,
  credentials: Credentials | undefined,
): Reply | undefined {
  if (!credentials) {
    const reason = refusalWithoutToken(callerOf(request.headers), options.allowedHosts());
    return reason === undefined ? undefined : text(`${reason}\n`, 403);
  }
  if (OPEN_PATHS.has(path) || method === 'OPTIONS') return undefined;
  const verdict = credentials.check(request.headers.authorization, options.clock.now());
  if ('refused' in verdict) return text(`${verdict.refused}\n`, 401);
  if (verdict.role === 'viewer' && (method !== 'GET' || ACTING_GETS.has(path))) return text('this token may only read\n', 403);
  return undefined;
}

/** @returns undefined when the body is too long  @throws when the connection breaks */
async function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array | undefined> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limit) return undefined;
    chunks.push(chunk);
  }
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}

function write(request: IncomingMessage, response: ServerResponse, reply: Reply, options: RestServerOptions): void {
  if (reply.contentType !== undefined) response.setHeader('Content-Type', reply.contentType);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  // answers are data, never pages
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.writeHead(reply.status, { 'Content-Length': Buffer.byteLength(reply.body) });
  response.end(reply.body, reply.afterSent);
  if (options.auditLog())
    options.log.info({ method: request.method, path: request.url, status: reply.status, from: request.socket.remoteAddress }, 'REST call.');
}
