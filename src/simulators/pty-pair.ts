// A serial cable without hardware: two ptys joined by socat, behind two links. For demos; Node cannot make a pty by itself.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';

export interface Cable {
  /** Paths of the two ends. */
  readonly a: string;
  readonly b: string;
  close(): void;
}

const LIMIT_MS = 2000;

/** @returns undefined when socat is not installed or does not start within 2 s */
export async function openCable(folder: string, clock: Clock): Promise<Cable | undefined> {
  mkdirSync(folder, { recursive: true });
  const [a, b] = [join(folder, 'gateway-end'), join(folder, 'instrument-end')];
  for (const link of [a, b]) rmSync(link, { force: true });
  let failed = false;
  const child = spawn('socat', [`pty,raw,echo=0,link=${a}`, `pty,raw,echo=0,link=${b}`], { stdio: 'ignore' });
  child.once('error', () => {
    failed = true; // not installed
  });
  child.once('exit', () => {
    failed = true;
  });
  const close = () => void child.kill();
  for (const endMs = clock.monotonic() + LIMIT_MS; clock.monotonic() < endMs && !failed; await clock.sleep(10))
    if (existsSync(a) && existsSync(b)) return { a, b, close };
  close();
  return undefined;
}
