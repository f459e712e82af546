// Starts the real kuiperd as a process of its own and talks to it, for the tests of this folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

const NODE = join(import.meta.dirname, '../../node_modules/node/bin/node');
const CACHE = join(import.meta.dirname, '../../.cache/compile');
const MAIN = join(import.meta.dirname, '../../src/daemon/main.ts');

export interface RunningDaemon {
  readonly url: string;
  readonly child: ChildProcess;
  /** Resolves when the process is gone. */
  readonly ended: Promise<number | null>;
  /** Log lines so far. */
  readonly lines: Record<string, unknown>[];
  call(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }>;
  /** @returns exit code and how long it took, ms */
  stop(signal?: NodeJS.Signals): Promise<{ code: number | null; tookMs: number }>;
}

export interface FailedDaemon {
  code: number | null;
  stderr: string;
  lines: Record<string, unknown>[];
}

/** @returns when REST answers, or when the process ended before */
export async function startDaemon(
  root: string,
  env: Record<string, string> = {},
  args: string[] = [],
  onSpawn: (child: ChildProcess) => void = () => undefined,
): Promise<RunningDaemon | FailedDaemon> {
  const child = spawn(NODE, ['--max-semi-space-size=8', MAIN, '--root', root, ...args], {
    // the cache is given by the environment, as in package.json and the unit: then main.ts itself comes from it too
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: CACHE,
      MALLOC_ARENA_MAX: '2',
      KUIPER__BASIC__RESTPORT: '0',
      KUIPER__SOURCE__HTTPSERVERPORT: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onSpawn(child);
  const lines: Record<string, unknown>[] = [];
  let stderr = '';
  let rest = '';
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  child.stderr.on('data', (d: Buffer) => {
    stderr += d.toString();
  });
  const ready = new Promise<string>((resolve) => {
    child.stdout.on('data', (d: Buffer) => {
      rest += d.toString();
      const parts = rest.split('\n');
      rest = parts.pop()!;
      for (const part of parts) {
        const line = JSON.parse(part) as Record<string, unknown>;
        lines.push(line);
        if (String(line['msg']).startsWith('Serving kuiper')) resolve(String(line['url']));
      }
    });
  });
  const first = await Promise.race([ready, ended]);
  if (typeof first !== 'string') return { code: first, stderr, lines };
  return {
    url: first,
    child,
    ended,
    lines,
    async call(method, path, body) {
      const answer = await fetch(first + path, {
        method,
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      return { status: answer.status, text: (await answer.text()).replace(/\n$/, '') };
    },
    async stop(signal = 'SIGTERM') {
      const beganMs = performance.now();
      child.kill(signal);
      const code = await ended;
      return { code, tookMs: performance.now() - beganMs };
    },
  };
}

/** The same, when it is expected to run. */
export async function runDaemon(root: string, env?: Record<string, string>, args?: string[]): Promise<RunningDaemon> {
  const daemon = await startDaemon(root, env, args);
  if ('code' in daemon) throw new Error(`kuiperd ended with ${daemon.code}: ${daemon.stderr}`);
  return daemon;
}
