// Connector websocket: source and sink. Properties: options.ts; server side: server.ts; client side: client.ts.
import { defineConnector } from '../../contract/connector.ts';
import { websocketOptions } from './options.ts';
import { createWebsocketSink } from './sink.ts';
import { createWebsocketSource } from './source.ts';

export default defineConnector({
  name: 'websocket',
  source: {
    kind: 'source',
    name: 'websocket',
    payload: 'bytes',
    shareable: true,
    options: websocketOptions,
    doc: 'Text frames of WebSocket clients or of a server.',
    create: createWebsocketSource,
  },
  sink: {
    kind: 'sink',
    name: 'websocket',
    payload: 'bytes',
    maxInFlight: 64,
    options: websocketOptions,
    doc: 'A text frame per item, to all clients or to a server.',
    create: createWebsocketSink,
  },
});
