// A real HTTP server on loopback for tests of connectors: keeps what it was asked, answers what the test says.
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpPeer {
  readonly url: string;
  readonly asked: { method: string; path: string; headers: IncomingHttpHeaders; body: string }[];
  /** How the next requests are answered; default 200 `ok`. */
  answer: (response: ServerResponse, n: number) => void;
  close(): Promise<void>;
}

export async function startHttpPeer(): Promise<HttpPeer> {
  const asked: HttpPeer['asked'] = [];
  const peer = { answer: (response: ServerResponse) => void response.end('ok') };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (c: Buffer) => chunks.push(c));
    request.on('end', () => {
      asked.push({ method: request.method!, path: request.url!, headers: request.headers, body: Buffer.concat(chunks).toString('latin1') });
      out.answer(response, asked.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const out: HttpPeer = Object.assign(peer, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  });
  return out;
}
