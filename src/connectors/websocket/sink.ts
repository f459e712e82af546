// WebSocket sink: a text frame per item, to all clients of a path (server) or to one server (client).
import type { WebSocket } from 'ws';
import { ioError } from '../../base/errors/gateway-error.ts';
import type { Sink } from '../../contract/sink.ts';
import { textOf } from '../batch-shared/payload.ts';
import { connectWebsocket } from './client.ts';
import { parseWebsocketProps, type WebsocketProps } from './options.ts';
import { WebsocketServerPath } from './server.ts';

export function createWebsocketSink(): Sink {
  let props: WebsocketProps;
  let socket: WebSocket | undefined;
  let shared: WebsocketServerPath | undefined;
  let leave: (() => void | Promise<void>) | undefined;
  let closed = false;

  return {
    configure(raw) {
      props = parseWebsocketProps('websocket sink', raw);
    },
    async open(ctx, fail) {
      closed = false;
      if (props.addr !== '') {
        const opened = await connectWebsocket(props, (error) => {
          socket = undefined;
          if (!closed) fail(error);
        });
        if (closed) return opened.terminate();
        socket = opened;
        return ctx.status('connected');
      }
      const server = ctx.dataServer;
      if (!server) throw new Error('this gateway was started without a data server');
      const path = ctx.connections.acquire('websocket', props.path, () => new WebsocketServerPath(server, props.path));
      leave = () => ctx.connections.release('websocket', props.path);
      await path.ready();
      shared = path;
      ctx.status('connected');
    },
    collect(ctx, data) {
      const text = textOf(data);
      if (shared) {
        const cut = shared.broadcast(text);
        if (cut > 0) ctx.log.warn({ path: props.path, clients: cut }, 'Clients of a WebSocket do not read; they are cut.');
        return;
      }
      const to = socket;
      if (!to) throw ioError(`${props.addr}: not connected`);
      return new Promise((resolve, reject) =>
        to.send(text, (error) => (error ? reject(ioError(`${props.addr}: ${error.message}`, error)) : resolve())),
      );
    },
    async close() {
      closed = true;
      shared = undefined;
      await leave?.();
      leave = undefined;
      socket?.close();
      socket = undefined;
    },
  };
}
