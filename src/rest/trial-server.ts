// Event streams of trial results: GET http://<dataServer>/test/<id>. A server of its own port as in eKuiper; opened with the first trial,
// so that a gateway without trials neither listens nor pays for it.
import type { Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { nodeHttp } from '../base/node-http.ts';
import type { TrialHub } from '../service/index.ts';
import { callerOf, refusalWithoutToken } from './access.ts';

export interface TrialServer {
  /** Opens it when it is not open. @returns the port  @throws the error of listen */
  open(): Promise<number>;
  close(): void;
}

/** A client that does not read is cut before its unread results fill the memory. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export function createTrialServer(hub: TrialHub, address: () => { ip: string; port: number }, log: Log): TrialServer {
  let opening: Promise<Server> | undefined;
  const listen = async (): Promise<Server> => {
    const server = nodeHttp().createServer((request, response) => {
      const refusal = refusalWithoutToken(callerOf(request.headers), []);
      const id = /^\/test\/([\w-]+)$/.exec(request.url ?? '')?.[1];
      if (refusal) response.writeHead(403).end(`${refusal}\n`);
      else if (request.method !== 'GET') response.writeHead(405).end();
      else if (id === undefined) response.writeHead(404).end('404 page not found\n');
      else stream(id, response);
    });
    const { ip, port } = address();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, ip, resolve);
    });
    return server;
  };
  const stream = (id: string, response: ServerResponse) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' });
    response.flushHeaders();
    const unsubscribe = hub.subscribe(id, (payload) => {
      response.write(
        payload
          .split('\n')
          .map((line) => `data: ${line}\n`)
          .join('') + '\n',
      );
      if (response.writableLength > MAX_UNREAD_BYTES) {
        log.warn({ trial: id }, 'A reader of trial results is too slow; it is cut.');
        response.destroy();
      }
    });
    response.on('close', unsubscribe);
  };
  return {
    async open() {
      opening ??= listen().catch((error: unknown) => {
        opening = undefined;
        throw new Error(`the data server cannot listen: ${messageOf(error)}; choose another port with source.httpServerPort`);
      });
      return ((await opening).address() as AddressInfo).port;
    },
    close() {
      void opening?.then((server) => {
        server.close();
        server.closeAllConnections();
      });
    },
  };
}
