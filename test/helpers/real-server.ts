// A database or broker of the test's own on a free port of loopback, from a Debian package: it can be killed and started again on the same port
// with the same data. Which package is missing is said loudly; in CI it is an error (parts.ts).
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';

export interface RealServer {
  readonly port: number;
  /** Further free ports, as many as were asked for. */
  readonly ports: readonly number[];
  readonly folder: string;
  /** What it printed since its last start: the end of it. */
  log(): string;
  start(): Promise<void>;
  /** @param signal default SIGKILL: what was not written is gone */
  kill(signal?: NodeJS.Signals): Promise<void>;
  remove(): Promise<void>;
}

export interface ServerRecipe {
  name: string;
  /** Command with arguments. */
  command(at: { port: number; ports: readonly number[]; folder: string }): readonly string[];
  /** Once, before the first start. */
  prepare?(at: { port: number; ports: readonly number[]; folder: string }): void | Promise<void>;
  /** True when it answers; default: the port takes connections. */
  ready?(at: { port: number; ports: readonly number[] }): Promise<boolean>;
  morePorts?: number;
  /** Runs as this user when the test is root (servers that refuse root). */
  user?: { uid: number; gid: number };
  env?: Readonly<Record<string, string>>;
  startLimitMs?: number;
}

export const takesConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const s = net.connect(port, '127.0.0.1', () => {
      s.destroy();
      resolve(true);
    });
    s.on('error', () => resolve(false));
  });

export async function startServer(recipe: ServerRecipe): Promise<RealServer> {
  const port = await freePort();
  const ports: number[] = [];
  for (let i = 0; i < (recipe.morePorts ?? 0); i++) ports.push(await freePort());
  const folder = mkdtempSync(path.join(tmpdir(), `kuiper-${recipe.name}-`));
  const at = { port, ports, folder };
  await recipe.prepare?.(at);
  let child: ChildProcess | undefined;
  let said = '';
  const self: RealServer = {
    log: () => said,
    port,
    ports,
    folder,
    async start() {
      const [command, ...args] = recipe.command(at);
      said = '';
      child = spawn(command!, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        cwd: folder,
        env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin`, HOME: folder, ...recipe.env },
        ...(process.getuid?.() === 0 && recipe.user ? recipe.user : {}),
      });
      const keep = (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4000);
      };
      child.stdout!.on('data', keep);
      child.stderr!.on('data', keep);
      const deadline = Date.now() + (recipe.startLimitMs ?? 20_000);
      const ready = recipe.ready ?? (() => takesConnections(port));
      while (!(await ready(at))) {
        if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${recipe.name} did not start:\n${said}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    async kill(signal = 'SIGKILL') {
      if (!child || child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill(signal);
      await gone;
      child = undefined;
    },
    async remove() {
      await self.kill();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
  try {
    await self.start();
  } catch (error) {
    await self.remove();
    throw error;
  }
  return self;
}
