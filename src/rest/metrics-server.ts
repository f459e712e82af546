// Prometheus on a port of its own (basic.prometheus with a prometheusPort other than restPort). Same rules of access as REST.
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpGate, gatedServerOptions, leaveBody } from '../base/http-gate.ts';
import { nodeHttp } from '../base/node-http.ts';
import { repeatedHeader } from '../base/single-headers.ts';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsServerOptions {
  ip: string;
  port: number;
  /** Prometheus text. */
  text(): string;
  /** @returns the reason of a refusal, or undefined */
  refuse(headers: IncomingHttpHeaders, remoteAddress: string): { status: 401 | 403 | 429; reason: string } | undefined;
}

/** @throws the error of listen */
export async function openMetricsServer({ ip, port, text, refuse }: MetricsServerOptions): Promise<MetricsServer> {
  const gate = createHttpGate();
  const server = nodeHttp().createServer(gatedServerOptions, (request, response) => {
    const repeated = repeatedHeader(request);
    const refusal =
      repeated === undefined ? refuse(request.headers, request.socket.remoteAddress ?? '') : { status: 400, reason: repeated };
    leaveBody(request, response);
    if (!refusal) gate.admitted(request.socket);
    if (refusal) response.writeHead(refusal.status).end(`${refusal.reason}\n`);
    else if (request.url?.split('?')[0] !== '/metrics') response.writeHead(404).end('404 page not found\n');
    else if (request.method !== 'GET') response.writeHead(405).end();
    else response.writeHead(200, { 'Content-Type': METRICS_TYPE }).end(text());
  });
  gate.watch(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, ip, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
