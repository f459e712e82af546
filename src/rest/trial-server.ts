// Event streams of trial results: GET http://<dataServer>/test/<id>, on the data server as in eKuiper; opened with the first trial, so that a
// gateway without trials neither listens nor pays for it.
import type { ServerResponse } from 'node:http';
import type { DataServer } from '../base/data-server.ts';
import type { Log } from '../base/log.ts';
import type { TrialHub } from '../service/index.ts';

export interface TrialServer {
  /** Opens it when it is not open. @returns the port  @throws the error of listen */
  open(): Promise<number>;
  close(): void;
}

/** A client that does not read is cut before its unread results fill the memory. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

export function createTrialServer(hub: TrialHub, server: DataServer, log: Log): TrialServer {
  let added: Promise<() => void> | undefined;
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
      added ??= server.add({
        path: '/test/*',
        request(request, response) {
          const id = /^\/test\/([\w-]+)$/.exec(request.url ?? '')?.[1];
          if (request.method !== 'GET') response.writeHead(405).end();
          else if (id === undefined) response.writeHead(404).end('404 page not found\n');
          else stream(id, response);
        },
      });
      try {
        await added;
      } catch (error) {
        added = undefined;
        throw error;
      }
      return server.port;
    },
    close() {
      void added?.then(
        (remove) => remove(),
        () => undefined, // it did not open, and whoever asked was told
      );
      added = undefined;
    },
  };
}
