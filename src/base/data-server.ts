// The data server: one port for everything that pushes data in or reads it out over HTTP (httppush, websocket, sse, results of trials), as in
// eKuiper. It listens while somebody has a route, so that a gateway without such streams opens no port. Made by the daemon; used by
// connectors through ctx.dataServer and by rest/trial-server.ts.
import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ioError, messageOf } from './errors/gateway-error.ts';
import { createHttpGate, gatedServerOptions, leaveBody } from './http-gate.ts';
import { nodeHttp, nodeHttps } from './node-http.ts';
import { repeatedHeader } from './single-headers.ts';

export interface DataRoute {
  /** Path without query, or its beginning when it ends with `/*`. */
  path: string;
  request?(request: IncomingMessage, response: ServerResponse): void;
  /** A WebSocket handshake. @param mayWrite false: the caller may read what is sent there, and send nothing */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer, mayWrite: boolean): void;
}

export interface DataServer {
  /** @returns how to remove the route, when the server listens  @throws ioError when it cannot listen, Error when the path is taken */
  add(route: DataRoute): Promise<() => void>;
  /** Port that it listens on; 0 = it does not. */
  readonly port: number;
  close(): void;
}

export interface DataServerOptions {
  address(): { ip: string; port: number; tls?: { certFile: string; keyFile: string } | undefined };
  /** @throws when this address may not be listened on */
  check(ip: string, port: number): void;
  /** @returns why a caller is refused, or what it may do */
  admit(headers: IncomingHttpHeaders, remoteAddress: string): Refusal | Admission;
}

export interface Refusal {
  status: number;
  reason: string;
}

export interface Admission {
  /** False: GET only. */
  mayWrite: boolean;
}

const READ_ONLY: Refusal = { status: 403, reason: 'a token of role viewer may only read here; sending needs one of role admin' };

export function createDataServer({ address, check, admit }: DataServerOptions): DataServer {
  const routes = new Set<DataRoute>();
  let opening: Promise<Server> | undefined;
  /** The one before still lets its port go. */
  let closing: Promise<void> = Promise.resolve();
  let port = 0;
  const gate = createHttpGate();

  const callerOf = (request: IncomingMessage): Refusal | Admission => {
    const repeated = repeatedHeader(request);
    return repeated === undefined ? admit(request.headers, request.socket.remoteAddress ?? '') : { status: 400, reason: repeated };
  };
  const routeOf = (url = '/'): DataRoute[] => {
    const path = url.split('?', 1)[0]!;
    return [...routes].filter((r) => (r.path.endsWith('/*') ? path.startsWith(r.path.slice(0, -1)) : r.path === path));
  };
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    const caller = callerOf(request);
    const refusal = refusalOf(caller, request.method);
    if (!('reason' in caller)) gate.admitted(request.socket);
    const found = routeOf(request.url);
    const route = found.find((r) => r.request);
    if (refusal || !route) leaveBody(request, response);
    if (refusal) response.writeHead(refusal.status).end(`${refusal.reason}\n`);
    else if (route) route.request!(request, response);
    else if (found.length > 0) response.writeHead(426, { Upgrade: 'websocket' }).end('this path takes WebSocket connections\n');
    else response.writeHead(404).end('404 page not found\n');
  };
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // a client that goes away in the middle is its own affair
    socket.on('error', () => socket.destroy());
    const caller = callerOf(request);
    const refusal = 'reason' in caller ? caller : undefined;
    if (!refusal) gate.admitted(request.socket);
    const route = routeOf(request.url).find((r) => r.upgrade);
    if (!('reason' in caller) && route) return route.upgrade!(request, socket, head, caller.mayWrite);
    const [status, text] = refusal ? [refusal.status, refusal.reason] : [404, '404 page not found'];
    socket.end(
      `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Refused'}\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n${text}\n`,
    );
  };
  const listen = async (): Promise<Server> => {
    await closing;
    const { ip, port: wanted, tls } = address();
    check(ip, wanted);
    const server = tls
      ? nodeHttps().createServer(
          { ...gatedServerOptions, cert: readFileSync(tls.certFile), key: readFileSync(tls.keyFile), minVersion: 'TLSv1.2' },
          onRequest,
        )
      : nodeHttp().createServer(gatedServerOptions, onRequest);
    gate.watch(server);
    server.on('upgrade', onUpgrade);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(wanted, ip, resolve);
    });
    port = (server.address() as AddressInfo).port;
    return server;
  };
  const shut = () => {
    const open = opening;
    opening = undefined;
    port = 0;
    if (!open) return;
    closing = open.then(
      (server) =>
        new Promise<void>((resolve) => {
          // the port is free at once; connections of others may last
          server.close();
          server.closeAllConnections();
          setImmediate(resolve);
        }),
      () => undefined, // it did not open, and whoever asked was told
    );
  };

  return {
    async add(route) {
      const taken = [...routes].some((r) => r.path === route.path && (r.request ? route.request : route.upgrade));
      if (taken) throw new Error(`another source or sink answers on ${route.path} already`);
      routes.add(route);
      const remove = () => {
        if (routes.delete(route) && routes.size === 0) shut();
      };
      opening ??= listen();
      try {
        await opening;
      } catch (error) {
        remove();
        opening = undefined;
        throw ioError(`the data server cannot listen: ${messageOf(error)}; choose another port with source.httpServerPort`, error as Error);
      }
      return remove;
    },
    get port() {
      return port;
    },
    close() {
      routes.clear();
      shut();
    },
  };
}

function refusalOf(caller: Refusal | Admission, method: string | undefined): Refusal | undefined {
  if ('reason' in caller) return caller;
  return caller.mayWrite || method === 'GET' || method === 'HEAD' ? undefined : READ_ONLY;
}
