// S3 by moto (PyPI, scripts/test-deps.sh puts it into .cache/moto), behind a proxy that counts calls and refuses what a test names.
import { existsSync } from 'node:fs';
import http from 'node:http';
import { join } from 'node:path';
import { type RealServer, startServer } from '../../helpers/real-server.ts';

const program = join(import.meta.dirname, '../../../.cache/moto/bin/moto_server');

export const haveMoto = haveProgram();

function haveProgram(): boolean {
  if (existsSync(program)) return true;
  const text = 'moto is not in .cache/moto (scripts/test-deps.sh): the tests of S3 are left out';
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(`\n*** ${text} ***\n`);
  return false;
}

export const startMoto = (): Promise<RealServer> =>
  startServer({
    name: 'moto',
    command: ({ port }) => [program, '-H', '127.0.0.1', '-p', String(port)],
    startLimitMs: 60_000,
    env: { AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' },
  });

export interface S3Proxy {
  readonly url: string;
  /** Method and path with query of each call. */
  readonly calls: string[];
  /** @returns an answer instead of the server's, or undefined */
  intercept: (call: string) => { status: number; body: string } | undefined;
  close(): Promise<void>;
}

export async function startProxy(port: number): Promise<S3Proxy> {
  const calls: string[] = [];
  const proxy = { calls, intercept: () => undefined } as unknown as { calls: string[]; intercept: S3Proxy['intercept'] };
  const server = http.createServer((request, response) => {
    const call = `${request.method} ${request.url}`;
    calls.push(call);
    const instead = proxy.intercept(call);
    if (instead) {
      request.resume();
      response.writeHead(instead.status, { connection: 'close' }).end(instead.body);
      return;
    }
    const forward = http.request(
      { port, host: '127.0.0.1', method: request.method, path: request.url, headers: request.headers },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    forward.on('error', () => response.destroy());
    request.pipe(forward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(proxy, {
    url: `http://127.0.0.1:${(server.address() as { port: number }).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  });
}
