// Sink sse: every item goes to all clients that have a GET on its path of the data server open. No replay; a client that does not read is cut.
import type { ServerResponse } from 'node:http';
import { defineConnector } from '../../contract/connector.ts';
import { type OptionSpec, parseOptions } from '../../contract/props.ts';
import type { Sink } from '../../contract/sink.ts';
import { textOf } from '../batch-shared/payload.ts';

const options: readonly OptionSpec[] = [
  { name: 'endpoint', type: 'string', required: true, doc: 'Path on the data server; begins with /.', example: '/events' },
];

/** What may lie unread for one client. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

function createSseSink(): Sink {
  let endpoint = '';
  let remove: (() => void) | undefined;
  const clients = new Set<ServerResponse>();
  return {
    configure(raw) {
      ({ endpoint } = parseOptions<{ endpoint: string }>('sse sink', options, raw));
      if (!endpoint.startsWith('/') || /[?#*]/.test(endpoint))
        throw new Error('property `endpoint` must start with / and hold no ?, # or *');
    },
    async open(ctx) {
      if (!ctx.dataServer) throw new Error('this gateway was started without a data server');
      remove = await ctx.dataServer.add({
        path: endpoint,
        request(request, response) {
          if (request.method !== 'GET') return void response.writeHead(405).end();
          response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-cache', Connection: 'keep-alive' });
          response.flushHeaders();
          clients.add(response);
          response.on('close', () => clients.delete(response));
        },
      });
      ctx.status('connected');
    },
    collect(ctx, data) {
      if (clients.size === 0) return;
      const text = textOf(data);
      const event = `${text
        .split(/\r\n|\r|\n/)
        .map((line) => `data: ${line}\n`)
        .join('')}\n`;
      for (const client of clients) {
        client.write(event);
        if (client.writableLength <= MAX_UNREAD_BYTES) continue;
        ctx.log.warn({ path: endpoint }, 'A reader of events is too slow; it is cut.');
        client.destroy();
      }
    },
    close() {
      remove?.();
      remove = undefined;
      for (const client of clients) client.end();
      clients.clear();
    },
  };
}

export default defineConnector({
  name: 'sse',
  sink: {
    kind: 'sink',
    name: 'sse',
    payload: 'bytes',
    maxInFlight: 1,
    options,
    doc: 'Server-sent events for all clients of a path.',
    create: createSseSink,
  },
});
