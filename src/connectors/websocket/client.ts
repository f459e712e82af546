// The client's side: one connection to a WebSocket server. Used by source.ts and sink.ts when `addr` is set.
import { readFileSync } from 'node:fs';
import type { WebSocket } from 'ws';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { WebsocketProps } from './options.ts';

const HANDSHAKE_MS = 3000;

/** @returns the open connection  @throws ioError with the address when there is none */
export async function connectWebsocket(props: WebsocketProps, lost: (error: Error) => void): Promise<WebSocket> {
  const { WebSocket } = await import('ws');
  const url = `${props.scheme}://${props.addr}${props.path}`;
  const load = (file: string, raw: string) => (file ? readFileSync(file) : raw ? Buffer.from(raw, 'base64') : undefined);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(props.requestHeader ?? {}))
    headers[name] = Array.isArray(value) ? value.join(', ') : String(value);
  const socket = new WebSocket(url, {
    headers,
    handshakeTimeout: HANDSHAKE_MS,
    rejectUnauthorized: !props.insecureSkipVerify,
    cert: load(props.certificationPath, props.certificationRaw),
    key: load(props.privateKeyPath, props.privateKeyRaw),
    ca: load(props.rootCaPath, props.rootCARaw),
  });
  return new Promise((resolve, reject) => {
    let failure: Error | undefined;
    let open = false;
    socket.on('open', () => {
      open = true;
      resolve(socket);
    });
    socket.on('error', (error) => {
      failure = ioError(`${url}: ${messageOf(error)}`, error);
    });
    socket.on('close', (code) => {
      const error = failure ?? ioError(`${url}: the connection was closed (${code})`);
      if (open) lost(error);
      else reject(error);
    });
  });
}
