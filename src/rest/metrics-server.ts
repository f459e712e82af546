// Prometheus on a port of its own (basic.prometheus with a prometheusPort other than restPort). Same rules of access as REST.
import type { AddressInfo } from 'node:net';
import { nodeHttp } from '../base/node-http.ts';
import { callerOf, refusalWithoutToken } from './access.ts';

export interface MetricsServer {
  readonly port: number;
  close(): void;
}

export const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** @throws the error of listen */
export async function openMetricsServer(
  ip: string,
  port: number,
  text: () => string,
  allowedHosts: () => readonly string[],
): Promise<MetricsServer> {
  const server = nodeHttp().createServer((request, response) => {
    const refusal = refusalWithoutToken(callerOf(request.headers), [ip, ...allowedHosts()]);
    if (refusal) response.writeHead(403).end(`${refusal}\n`);
    else if (request.url?.split('?')[0] !== '/metrics') response.writeHead(404).end('404 page not found\n');
    else if (request.method !== 'GET') response.writeHead(405).end();
    else response.writeHead(200, { 'Content-Type': METRICS_TYPE }).end(text());
  });
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
