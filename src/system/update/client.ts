// The installer for others on the device: talks to the updater's socket (server.ts). Used by the command line, REST and the fleet's clients.
import { createReadStream, statSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { GatewayError, isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { nodeHttp } from '../../base/node-http.ts';
import type { InstallResult, UpdateInstaller, UpdateStatus } from './installer.ts';

export const SOCKET = '/run/kuiper-update/update.sock';
export function createUpdateClient(socketPath = SOCKET): UpdateInstaller {
  const call = <T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> =>
    send<T>(
      socketPath,
      method,
      path,
      { 'content-type': 'application/json' },
      (request) => request.end(body === undefined ? undefined : JSON.stringify(body)),
      signal,
    );
  return {
    install(source, options, signal) {
      if (!('file' in source)) return call<InstallResult>('POST', '/install', { source, options }, signal);
      const length = statSync(source.file).size;
      const path = `/install?options=${encodeURIComponent(JSON.stringify(options))}`;
      const pump = (request: NodeJS.WritableStream & { destroy(error: Error): void }) =>
        createReadStream(source.file)
          .on('error', (error) => request.destroy(error))
          .pipe(request);
      return send<InstallResult>(socketPath, 'PUT', path, { 'content-length': String(length) }, pump, signal);
    },
    status: () => call<UpdateStatus>('GET', '/status'),
    confirm: async (by) => void (await call('POST', '/confirm', { by })),
    restart: async () => void (await call('POST', '/restart')),
    rollback: async (by) => void (await call('POST', '/rollback', { by })),
  };
}

function send<T>(
  socketPath: string,
  method: string,
  path: string,
  headers: Record<string, string>,
  pump: (request: ReturnType<ReturnType<typeof nodeHttp>['request']>) => unknown,
  signal?: AbortSignal,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = nodeHttp().request(
      { socketPath, method, path, headers, agent: false, ...(signal ? { signal } : {}) },
      (response: IncomingMessage) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('error', reject);
        response.on('end', () => {
          const body = JSON.parse(text === '' ? '{}' : text) as { code?: unknown; params?: Record<string, unknown>; message?: string };
          if (response.statusCode === 200) return resolve(body as T);
          reject(
            isGatewayError(body)
              ? new GatewayError(body.code, body.params)
              : new GatewayError('UPDATE_FAILED', { problem: body.message ?? text }),
          );
        });
      },
    );
    request.on('error', (error) => {
      if (signal?.aborted) return reject(new GatewayError('UPDATE_STOPPED', { phase: 'it was under way' }));
      reject(new GatewayError('UPDATE_NO_DEVICE', { problem: messageOf(error) }));
    });
    pump(request);
  });
}
