// MQTT over WebSocket: path and query as given, headers of the user, and what a server says that refuses it. Called by streams.ts; the
// package `ws` is loaded on first use.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type tls from 'node:tls';
import { LARGEST_PACKET_BYTES } from './options.ts';
import type { Address } from './streams.ts';

/** Code of an error whose text is for a person already. */
export const WEBSOCKET_REFUSED = 'EWEBSOCKET';
/** Of a refusal's body so much is read. */
const MAX_BODY_BYTES = 2048;
const SHOWN_CHARACTERS = 160;

/** @returns opens a stream to the address */
export async function webSocketOpener(
  address: Address,
  headers: Readonly<Record<string, string>>,
  secure: tls.ConnectionOptions | undefined,
): Promise<() => Duplex> {
  const { WebSocket, createWebSocketStream } = await import('ws');
  const host = address.host.includes(':') ? `[${address.host}]` : address.host;
  return () => {
    const socket = new WebSocket(`${address.scheme}://${host}:${address.port}${address.path}`, ['mqtt'], {
      ...secure,
      headers: { ...headers },
      // the package's own limit would end the connection, and the broker would send the same again
      maxPayload: LARGEST_PACKET_BYTES + 5,
    });
    let refusal: string | undefined;
    // before the listener of the stream: errors of the handshake have no code, and the package `mqtt` tells only those that have one
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (refusal === undefined && (error.code !== undefined || stream.destroyed)) return;
      error.message = refusal ?? `the server does not take the WebSocket for MQTT: ${error.message}`;
      error.code = WEBSOCKET_REFUSED;
    });
    socket.on('unexpected-response', (_request, response) => {
      void bodyOf(response).then((body) => {
        refusal = explainStatus(response, address, body);
        socket.terminate();
      });
    });
    const stream = createWebSocketStream(socket);
    return stream;
  };
}

function bodyOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const end = () => resolve(text);
    response.setEncoding('utf8');
    response.on('data', (part: string) => {
      text += part;
      if (text.length >= MAX_BODY_BYTES) end();
    });
    response.on('end', end).on('close', end).on('error', end);
  });
}

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'it does not understand the request: check path, query and headers',
  401: 'it wants a login: check user name, password, query and headers',
  403: 'it does not allow this: check user name, password, query, headers and access rules',
  404: 'nothing is there: check the path of the address (often /mqtt)',
  405: 'no WebSocket is there: check the path of the address',
  426: 'it wants another protocol: check the path of the address',
  429: 'it has had too many requests',
};

/** The query is not shown: it may hold a token. */
function explainStatus({ statusCode = 0, statusMessage, headers }: IncomingMessage, { path }: Address, body: string): string {
  const where = path.replace(/\?.*/s, '');
  const words =
    STATUS_WORDS[statusCode] ??
    (statusCode >= 500
      ? 'the server, or what it passes requests to, fails'
      : statusCode >= 300 && statusCode < 400 && headers.location
        ? `it points to ${clean(headers.location).replace(/\?.*/s, '')}: use that address`
        : 'it does not open a WebSocket');
  const said = /html/i.test(headers['content-type'] ?? '') ? '' : clean(body);
  return `the server answers HTTP ${statusCode}${statusMessage ? ` ${clean(statusMessage)}` : ''} to GET ${where}: ${words}${said ? `; it says "${said}"` : ''}`;
}

const clean = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, ' ')
    .trim()
    .slice(0, SHOWN_CHARACTERS);
