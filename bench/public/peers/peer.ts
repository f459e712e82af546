// What can be measured: a program that takes a job, started for it on a scratch folder.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Job } from '../job.ts';

export interface Place {
  readonly brokerPort: number;
  /** Topics of the job are below it. */
  readonly prefix: string;
  /** Topic of the results. */
  readonly out: string;
  readonly folder: string;
}

export interface Started {
  readonly pid: number;
  /** Where results go to when the job's sink is a file. */
  readonly file: string;
  stop(): Promise<void>;
}

export interface Peer {
  readonly name: string;
  /** @returns why it has no such job; undefined: it has */
  lacks(job: Job): string | undefined;
  start(job: Job, place: Place): Promise<Started>;
}

export const scratch = (): string => mkdtempSync(path.join(tmpdir(), 'kuiper-public-'));
export const OUT_FILE = 'out.jsonl';
const STOP_LIMIT_MS = 8000;

/** Starts a program in the place's folder; what it says goes to a file there. */
export function run(program: string, args: readonly string[], folder: string, env: Record<string, string> = {}, cwd = folder): Started {
  const log = openSync(path.join(folder, 'peer.log'), 'w');
  const child: ChildProcess = spawn(program, args, { cwd, stdio: ['ignore', log, log], env: { ...process.env, ...env } });
  closeSync(log);
  // told at once by the missing id
  child.on('error', () => undefined);
  if (child.pid === undefined) throw new Error(`${program} cannot be started: is it there, and executable?`);
  return {
    pid: child.pid,
    file: path.join(folder, OUT_FILE),
    async stop() {
      if (child.exitCode === null && child.signalCode === null) {
        const gone = once(child, 'exit');
        child.kill('SIGTERM');
        const late = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
        await gone;
        clearTimeout(late);
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The last lines that a program said. */
export const lastWords = (folder: string): string =>
  readFileSync(path.join(folder, 'peer.log'), 'utf8').trim().split('\n').slice(-5).join('\n');

/** Tools without SQL have the filters only. */
export const filtersOnly = (job: Job): string | undefined => (job.plain ? undefined : 'has no SQL; filters only');
