// The HTTP side of REST: sockets, limits, access, CORS. What a call means is decided in dispatch.ts and routes/.
import { readFileSync } from 'node:fs';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Server as TlsServer } from 'node:tls';
import type { Clock } from '../base/clock.ts';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { BodyBudget, createHttpGate, type GateLimits, gatedServerOptions, type HttpGate, leaveBody } from '../base/http-gate.ts';
import type { Log } from '../base/log.ts';
import { nodeTls } from '../base/node-builtins.ts';
import { nodeHttp, nodeHttps } from '../base/node-http.ts';
import { repeatedHeader } from '../base/single-headers.ts';
import type { TlsFiles } from '../config/index.ts';
import { callerOf, refusalWithoutToken } from './access.ts';
import type { AuditHook } from './audit-hook.ts';
import { consoleFile } from './console/request-of.ts';
import type { ConsoleServer } from './console/serve.ts';
import type { Credentials } from './credentials.ts';
import { dispatch } from './dispatch.ts';
import { own, ownHeaders } from './own-builtins.ts';
import { empty, type Reply, text } from './reply.ts';
import { outOf } from './reply-stream.ts';
import type { Router } from './router.ts';
import { createTokenBackoff, type TokenBackoff } from './token-backoff.ts';

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
  /** Gets each call that changes something or was denied. */
  audit?: AuditHook;
  /** Slows guessing; shared with the other servers. */
  backoff?: TokenBackoff;
  /** Tests have smaller ones. */
  limits?: GateLimits;
  /** Bytes of all bodies that are held at once; tests have fewer. */
  bodiesBytes?: number;
}

/** The parts of a server that last. */
interface Shared extends RestServerOptions {
  /** Headers of a request as Node made them. */
  headersOf(request: IncomingMessage): IncomingMessage['headers'];
  backoff: TokenBackoff;
  gate: HttpGate;
  budget: BodyBudget;
  /** Loaded with the first page. */
  console?: Promise<ConsoleServer>;
}

export interface RestServer {
  /** Address as it came out, e.g. `http://127.0.0.1:9081`. */
  readonly url: string;
  /** Certificate and key anew from their files; connections that are open stay. @throws GatewayError CONFIG_FILE; the old ones stay in use */
  renewCertificate(): void;
  /** Takes no new calls, lets those under way end. Safe to call twice. */
  close(): Promise<void>;
  /** Cuts what is still open. */
  destroy(): void;
}

/** Longest body of most calls; a longer one gets 413. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Bodies of imports and uploads. */
const MAX_IMPORT_BYTES = 128 * 1024 * 1024;
const IMPORT_PATHS = /^\/(v2\/|async\/)?data\/import|^\/ruleset\/import|^\/restore$|^\/apply$|^\/config\/uploads|^\/schemas\//;
/** Of all bodies that are held at once. */
const MAX_BODIES_BYTES = 192 * 1024 * 1024;
/** Whoever may read only is given no configuration as a whole: it may hold secrets that nobody marked as such. */
const ADMIN_READS = /^\/(v2\/|async\/)?data\/export$|^\/apply\/files$|^\/audit|^\/auth\//;
/** eKuiper's only GET that takes a body. */
const GETS_WITH_BODY = new Set(['/rules/tags/match']);
/** They have no body for us. */
const BODILESS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);
const OPEN_PATHS = new Set(['/', '/ping']);
/** eKuiper's only GET that does something. */
const ACTING_GETS = new Set(['/stop']);
/** They change nothing: they are POST for the sake of their body. */
export const READING_POSTS = new Set([
  '/sql/lint',
  '/sql/format',
  '/sql/complete',
  '/sql/hover',
  '/sql/explain',
  '/sql/diff',
  '/sql/graph',
  '/sql/ofgraph',
]);
const CORS_HEADERS = 'Accept, Accept-Language, Content-Type, Content-Language, Origin, Authorization';
const CORS_METHODS = 'POST, GET, PUT, DELETE, HEAD, PATCH';

/** @throws the error of listen (EADDRINUSE …) or of reading the TLS files */
export async function openRestServer(given: RestServerOptions): Promise<RestServer> {
  const options: Shared = {
    ...given,
    headersOf: ownHeaders(),
    backoff: given.backoff ?? createTokenBackoff(given.clock),
    gate: createHttpGate(given.limits),
    budget: new BodyBudget(given.bodiesBytes ?? MAX_BODIES_BYTES),
  };
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response, options).catch((error: unknown) => {
      options.log.error({ code: 'REST_FAULT', error }, 'A REST connection failed.');
      response.destroy();
    });
  };
  const server = createHttp(options.tls, listener);
  // Node would ask for the body by itself; here it is asked for when it is going to be read
  server.on('checkContinue', listener);
  // eKuiper: read and write 5 min
  server.requestTimeout = 300_000;
  options.gate.watch(server);
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
    renewCertificate() {
      if (options.tls) (server as unknown as TlsServer).setSecureContext({ ...readTls(options.tls), minVersion: 'TLSv1.2' });
    },
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
  if (!tls) return nodeHttp().createServer(gatedServerOptions, listener);
  return nodeHttps().createServer({ ...gatedServerOptions, ...readTls(tls), minVersion: 'TLSv1.2' }, listener);
}

/** @throws GatewayError CONFIG_FILE naming the file, when it cannot be read, is no PEM, or the two do not belong together */
function readTls(tls: TlsFiles): { cert: Buffer; key: Buffer } {
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
    nodeTls().createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const mismatch = (error as NodeJS.ErrnoException).code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH';
    const reason = mismatch ? 'the key is not the one of the certificate' : `no certificate and key in PEM form (${messageOf(error)})`;
    throw new GatewayError('CONFIG_FILE', { file: `basic.restTls: "${tls.certFile}", "${tls.keyFile}"`, reason }, { cause: error });
  }
}

async function serve(request: IncomingMessage, response: ServerResponse, options: Shared): Promise<void> {
  const method = request.method ?? 'GET';
  const url = request.url ?? '/';
  const path = url.split('?', 1)[0]!;
  const repeated = repeatedHeader(request);
  if (repeated !== undefined) {
    leaveBody(request, response);
    return write(request, response, text(`${repeated}\n`, 400), options);
  }
  const { origin, accept } = options.headersOf(request);
  const file = consoleFile(method, path, accept);
  if (file !== undefined) {
    leaveBody(request, response);
    options.console ??= import('./console/serve.ts').then((m) => m.createConsoleServer());
    return (await options.console).serve(file, request, response);
  }

  const credentials = options.credentials();
  const { refusal, known, who } = allow(request, method, path, options, credentials);
  const note = (status: number, body: Uint8Array, denied = false) =>
    options.audit?.call({ method, url, who, from: request.socket.remoteAddress ?? '', body, status, denied });
  if (known) options.gate.admitted(request.socket);
  if (origin !== undefined && refusal?.status !== 403) {
    response.setHeader('Access-Control-Allow-Origin', credentials ? '*' : origin);
    if (!credentials) response.setHeader('Vary', 'Origin');
    if (method === 'OPTIONS' && options.headersOf(request)['access-control-request-method'] !== undefined) {
      leaveBody(request, response);
      response.setHeader('Access-Control-Allow-Methods', CORS_METHODS);
      response.setHeader('Access-Control-Allow-Headers', CORS_HEADERS);
      return write(request, response, empty(), options);
    }
  }
  if (refusal) {
    leaveBody(request, response);
    note(refusal.status, NO_BODY, true);
    return write(request, response, refusal, options);
  }

  if (!known || (BODILESS.has(method) && !(method === 'GET' && own.setHas(GETS_WITH_BODY, path)))) {
    leaveBody(request, response);
    const headers = options.headersOf(request) as Record<string, string | undefined>;
    const reply = await dispatch(await options.router, { method, url, headers, body: NO_BODY }, options.log);
    if (known) note(reply.status, NO_BODY);
    return write(request, response, reply, options);
  }
  const limit = IMPORT_PATHS.test(path) ? MAX_IMPORT_BYTES : MAX_BODY_BYTES;
  if (/^100-continue$/i.test(request.headers.expect ?? '') && Number(request.headers['content-length'] ?? 0) <= limit)
    response.writeContinue();
  let body: Uint8Array | 'too long' | 'too much';
  try {
    body = await readBody(request, limit, options.budget);
  } catch (error) {
    // the client went away in the middle of its body: there is nobody to answer
    options.log.debug({ path, reason: messageOf(error) }, 'A REST call ended before its body did.');
    response.destroy();
    return;
  }
  if (body === 'too long' || body === 'too much') {
    leaveBody(request, response);
    if (body === 'too long') return write(request, response, text(`the body is longer than ${limit} bytes\n`, 413), options);
    response.setHeader('Retry-After', '1');
    return write(request, response, text('other bodies are being read; try again\n', 503), options);
  }
  const headers = options.headersOf(request) as Record<string, string | undefined>;
  try {
    const reply = await dispatch(await options.router, { method, url, headers, body }, options.log);
    note(reply.status, body);
    write(request, response, reply, options);
  } finally {
    options.budget.give(body.length);
  }
}

const NO_BODY = new Uint8Array();

/** @returns the refusal, or undefined when the caller may go on; whether he is known, so that his body may be read */
function allow(
  request: IncomingMessage,
  method: string,
  path: string,
  options: Shared,
  credentials: Credentials | undefined,
): { refusal: Reply | undefined; known: boolean; who: string } {
  if (!credentials) {
    const reason = refusalWithoutToken(callerOf(options.headersOf(request)), options.allowedHosts());
    return reason === undefined
      ? { refusal: undefined, known: true, who: 'local' }
      : { refusal: text(`${reason}\n`, 403), known: false, who: '' };
  }
  if (method === 'OPTIONS') return { refusal: undefined, known: false, who: '' };
  const open = own.setHas(OPEN_PATHS, path);
  const { authorization } = options.headersOf(request);
  if (open && authorization === undefined) return { refusal: undefined, known: false, who: '' };
  const verdict = options.backoff.check(credentials, authorization, request.socket.remoteAddress ?? '');
  if ('refused' in verdict) {
    if (open) return { refusal: undefined, known: false, who: '' };
    const waitS = 'waitS' in verdict ? verdict.waitS : 0;
    const refusal = text(`${verdict.refused}\n`, waitS > 0 ? 429 : 401);
    return { refusal: waitS > 0 ? { ...refusal, headers: { 'Retry-After': String(waitS) } } : refusal, known: false, who: '' };
  }
  if (
    verdict.role === 'viewer' &&
    ((method !== 'GET' && !(method === 'POST' && own.setHas(READING_POSTS, path))) ||
      own.setHas(ACTING_GETS, path) ||
      ADMIN_READS.test(path))
  )
    return { refusal: text('this token may only read\n', 403), known: false, who: verdict.who ?? '' };
  return { refusal: undefined, known: true, who: verdict.who ?? 'token' };
}

/** The bytes that it returns are taken from the budget.  @throws when the connection breaks */
async function readBody(request: IncomingMessage, limit: number, budget: BodyBudget): Promise<Uint8Array | 'too long' | 'too much'> {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > limit) return 'too long';
  const chunks: Buffer[] = [];
  let size = 0;
  let whole = false;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (size + chunk.length > limit) return 'too long';
      if (!budget.take(chunk.length)) return 'too much';
      size += chunk.length;
      chunks.push(chunk);
    }
    whole = true;
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  } finally {
    if (!whole) budget.give(size);
  }
}

function write(request: IncomingMessage, response: ServerResponse, reply: Reply, options: Shared): void {
  if (reply.contentType !== undefined) response.setHeader('Content-Type', reply.contentType);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  // answers are data, never pages
  response.setHeader('X-Content-Type-Options', 'nosniff');
  if (reply.stream) {
    response.writeHead(reply.status);
    reply.stream(outOf(response));
  } else {
    response.writeHead(reply.status, { 'Content-Length': Buffer.byteLength(reply.body) });
    response.end(reply.body, reply.afterSent);
  }
  if (options.auditLog())
    options.log.info({ method: request.method, path: request.url, status: reply.status, from: request.socket.remoteAddress }, 'REST call.');
}
