// WebSocket source: text frames, as server or as client. Reading pauses while the rules are behind. eKuiper ends the rule when the server
// goes away; ours connects again.
import type { WebSocket } from 'ws';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Emit, Fail, Source } from '../../contract/source.ts';
import { connectWebsocket } from './client.ts';
import { parseWebsocketProps, type WebsocketProps } from './options.ts';
import { WebsocketServerPath } from './server.ts';

export function createWebsocketSource(): Source {
  let props: WebsocketProps;
  let socket: WebSocket | undefined;
  let leave: (() => void) | undefined;
  let closed = false;

  return {
    configure(datasource, raw) {
      props = parseWebsocketProps('websocket source', raw, datasource);
    },
    async open(ctx: ConnectorContext, emit: Emit, fail: Fail) {
      closed = false;
      if (props.addr !== '') {
        const opened = await connectWebsocket(props, (error) => {
          if (!closed) fail(error);
        });
        if (closed) return opened.terminate();
        socket = opened;
        opened.on('message', (data, isBinary) => {
          if (isBinary) return; // as in eKuiper
          const wait = emit(data as Buffer);
          if (!wait) return;
          opened.pause();
          void wait.then(() => opened.resume());
        });
        return ctx.status('connected');
      }
      const server = ctx.dataServer;
      if (!server) throw new Error('this gateway was started without a data server');
      const shared = ctx.connections.acquire('websocket', props.path, () => new WebsocketServerPath(server, props.path));
      const end = shared.read((text) => emit(text));
      leave = () => {
        end();
        void ctx.connections.release('websocket', props.path);
      };
      await shared.ready();
      ctx.status('connected');
    },
    close() {
      closed = true;
      leave?.();
      leave = undefined;
      socket?.terminate();
      socket = undefined;
    },
  };
}
