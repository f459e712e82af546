// Our daemon as a subject of measurement: started on a scratch root, driven over REST.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../test/helpers/free-port.ts';

export interface Daemon {
  readonly pid: number;
  readonly base: string;
  readonly root: string;
  /** Time from spawn to the first answer of /ping, ms. */
  readonly readyMs: number;
  rest(method: string, url: string, body?: unknown): Promise<{ status: number; text: string }>;
  stop(): Promise<void>;
  kill(): Promise<void>;
}

export async function startDaemon(
  brokerPort: number,
  options: { root?: string; env?: Record<string, string>; keepRoot?: boolean } = {},
): Promise<Daemon> {
  const root = options.root ?? mkdtempSync(path.join(tmpdir(), 'kuiper-bench-'));
  const port = await freePort();
  const startedAt = performance.now();
  // scripts/profile.ts
  const profiled = process.env['KUIPER_CPU_PROFILE'];
  const flags = ['--max-semi-space-size=8', ...(profiled ? ['--cpu-prof', `--cpu-prof-dir=${profiled}`] : [])];
  const child: ChildProcess = spawn(process.execPath, [...flags, 'src/daemon/main.ts', '--root', root], {
    stdio: ['ignore', process.env['KUIPER_LOG'] ? 'inherit' : 'ignore', 'inherit'],
    env: {
      ...process.env,
      // as `npm run kuiperd` and the appliance's unit: without it main.ts itself is stripped of its types at each start (16 MB)
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? path.resolve('.cache/compile'),
      MALLOC_ARENA_MAX: process.env['MALLOC_ARENA_MAX'] ?? '2',
      KUIPER__BASIC__RESTPORT: String(port),
      MQTT_SOURCE__DEFAULT__SERVER: `tcp://127.0.0.1:${brokerPort}`,
      ...options.env,
    },
  });
  const base = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 20_000;
  while (
    !(await fetch(`${base}/ping`).then(
      (r) => r.ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error('the daemon did not start');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  const readyMs = performance.now() - startedAt;
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill(signal);
      const late = setTimeout(() => child.kill('SIGKILL'), 8000);
      await gone;
      clearTimeout(late);
    }
    if (!options.keepRoot && !options.root) rmSync(root, { recursive: true, force: true });
  };
  return {
    pid: child.pid!,
    base,
    root,
    readyMs,
    async rest(method, url, body) {
      const r = await fetch(base + url, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return { status: r.status, text: await r.text() };
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

/** Sends a REST call that must succeed. */
export async function must(d: Daemon, method: string, url: string, body?: unknown): Promise<string> {
  const r = await d.rest(method, url, body);
  if (r.status >= 300) throw new Error(`${method} ${url}: ${r.status} ${r.text}`);
  return r.text;
}

/** Waits until the rule's source is connected. */
export async function running(d: Daemon, rule: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const s = JSON.parse((await d.rest('GET', `/rules/${rule}/status`)).text) as Record<string, unknown>;
    if (
      s['status'] === 'running' &&
      Object.entries(s).every(([k, v]) => !k.endsWith('connection_status') || k.startsWith('sink_nop_') || v === 1)
    )
      return;
    if (Date.now() > deadline) throw new Error(`rule ${rule} is not running: ${JSON.stringify(s)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Sum of a status key's values over its nodes, e.g. `source_…_records_in_total`. */
export async function counter(d: Daemon, rule: string, pattern: RegExp): Promise<number> {
  const s = JSON.parse((await d.rest('GET', `/rules/${rule}/status`)).text) as Record<string, unknown>;
  return Object.entries(s).reduce((n, [k, v]) => (pattern.test(k) ? n + Number(v) : n), 0);
}
