// Starts a plugin host (worker/pen.ts), or asks systemd for one: connecting to its socket starts an instance of kuiper-plugins@.service under
// a user of its own. Without that socket the gateway starts the process itself, under its own user. Used by pens.ts.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import type { StartLine } from '../worker/pen-protocol.ts';

/** What a plugin host may do beyond its user's rights; undefined: all of these. */
export interface HostLimits {
  /** Paths that it may read and write. */
  read: readonly string[];
  write: readonly string[];
  net: boolean;
}

export interface LaunchedPen {
  readonly socket: Socket;
  /** Pid of a child of ours; undefined when systemd has started it. */
  readonly pid: number | undefined;
  /** Ends it and what it has started. */
  kill(): void;
}

export type LaunchPen = (limits: HostLimits | undefined) => LaunchedPen;

/** In the package `dist/worker/pen.js`, without types; else the source. */
export function penFile(): string {
  const made = join(import.meta.dirname, '../../../dist/worker/pen.js');
  return existsSync(made) ? made : join(import.meta.dirname, '../worker/pen.ts');
}

/** Nothing of the gateway's environment but what a program needs to run: passwords of brokers stand there. */
const PASSED = ['PATH', 'TZ', 'LANG', 'LC_ALL', 'TMPDIR'];

/** Flags of Node's permission model; what is not named is denied: files, network, other processes, threads, add-ons. */
export const permissionFlags = (limits: HostLimits): string[] => [
  '--permission',
  ...limits.read.map((p) => `--allow-fs-read=${p}`),
  ...limits.write.map((p) => `--allow-fs-write=${p}`),
  ...(limits.net ? ['--allow-net'] : []),
];

export function penArguments(file: string, limits: HostLimits | undefined): string[] {
  const flags = ['--max-semi-space-size=2', '--disable-warning=ExperimentalWarning'];
  const own = [file, file.replace(/pen\.(ts|js)$/, 'frames.$1')];
  return [...flags, ...(limits ? permissionFlags({ ...limits, read: [...own, ...limits.read] }) : []), file];
}

export function spawnPens(): LaunchPen {
  return (limits) => {
    const env: Record<string, string> = { MALLOC_ARENA_MAX: '2' };
    for (const name of PASSED) if (process.env[name] !== undefined) env[name] = process.env[name];
    // a group of its own: what the plugin has started ends with it
    const child = spawn(process.execPath, penArguments(penFile(), limits), {
      env,
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    child.unref();
    return { socket: child.stdio[3] as Socket, pid: child.pid, kill: () => killGroup(child) };
  };
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // the group is gone already
  }
}

/** Hosts that systemd starts: a connection to its socket is a host (worker/pen-start.ts). */
export function socketPens(path: string): LaunchPen {
  return (limits) => {
    const socket = connect(path);
    socket.write(`${JSON.stringify({ flags: limits ? permissionFlags(limits) : [] } satisfies StartLine)}\n`);
    return { socket, pid: undefined, kill: () => socket.destroy() };
  };
}

/** Resident memory of a process as the system sees it, MB; undefined: it is hidden from us (other user) or gone. */
export function rssOf(pid: number): number | undefined {
  try {
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    return Number.isFinite(pages) ? (pages * 4096) / 1_048_576 : undefined;
  } catch {
    return undefined; // hidden or gone: the unit's MemoryMax holds then
  }
}
