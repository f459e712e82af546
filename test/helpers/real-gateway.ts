// The whole gateway in this process, on a root of its own and free ports, for tests that ask REST what the real runtime says.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRealClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { foldersOf } from '../../src/config/index.ts';
import { createGateway, type Gateway } from '../../src/daemon/gateway.ts';
import { createLifecycle } from '../../src/daemon/lifecycle.ts';

export interface Answer {
  status: number;
  text: string;
  warnings: string[];
  headers: Headers;
}

export interface RealGateway {
  readonly gateway: Gateway;
  readonly url: string;
  readonly root: string;
  readonly lines: ReturnType<typeof createMemoryLog>['lines'];
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  close(): Promise<void>;
}

/** @param yaml of etc/kuiper.yaml  @param prepare puts files below the root before the start */
export async function realGateway(
  env: Record<string, string> = {},
  yaml = '',
  prepare: (root: string) => void = () => undefined,
): Promise<RealGateway> {
  const root = mkdtempSync(join(tmpdir(), 'kuiper-real-'));
  if (yaml !== '') {
    mkdirSync(join(root, 'etc'));
    writeFileSync(join(root, 'etc/kuiper.yaml'), yaml);
  }
  prepare(root);
  const { log, lines } = createMemoryLog();
  const clock = createRealClock();
  const gateway = createGateway({
    folders: foldersOf(root),
    env: { KUIPER__BASIC__RESTPORT: '0', KUIPER__SOURCE__HTTPSERVERPORT: '0', ...env },
    log,
    clock,
    onStopRequest: () => undefined,
  });
  const lifecycle = createLifecycle(gateway.parts, { clock, log });
  const close = async () => {
    await lifecycle.stop();
    gateway.destroy();
    rmSync(root, { recursive: true, force: true });
  };
  try {
    await lifecycle.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    gateway,
    url: gateway.url,
    root,
    lines,
    async call(method, path, body, headers = {}) {
      const given = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
      const answer = await fetch(gateway.url + path, { method, headers, ...given });
      const told = answer.headers.get('kuiper-warnings');
      return {
        status: answer.status,
        text: await answer.text(),
        warnings: told === null ? [] : (JSON.parse(told) as string[]),
        headers: answer.headers,
      };
    },
    close,
  };
}
