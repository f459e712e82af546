// Two serial ports joined by a cable: a socat pty pair behind links that can be pulled out and put back, also swapped.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PtyPair {
  /** Links to the two ends. */
  readonly a: string;
  readonly b: string;
  /** Ends socat: both ends hang up and their links vanish. */
  unplug(): Promise<void>;
  /** New ptys behind links; other names may be given. */
  plug(a?: string, b?: string): Promise<void>;
  /** Another program takes the lock of end a. */
  lockFromOutside(): Promise<{ pid: number; release(): Promise<void> }>;
  close(): Promise<void>;
}

export async function createPtyPair(folder = mkdtempSync(join(tmpdir(), 'kuiper-pty-'))): Promise<PtyPair> {
  mkdirSync(folder, { recursive: true });
  let child: ChildProcess | undefined;
  const a = join(folder, 'a');
  const b = join(folder, 'b');
  const end = async (process: ChildProcess | undefined) => {
    if (!process || process.exitCode !== null || process.signalCode !== null) return;
    const gone = once(process, 'exit');
    process.kill('SIGKILL');
    await gone;
  };
  const pair: PtyPair = {
    a,
    b,
    async unplug() {
      await end(child);
      child = undefined;
      for (const link of [a, b]) rmSync(link, { force: true });
    },
    async plug(nameA = a, nameB = b) {
      await pair.unplug();
      child = spawn('socat', [`pty,raw,echo=0,link=${nameA}`, `pty,raw,echo=0,link=${nameB}`], { stdio: 'ignore' });
      child.on('error', (error) => {
        throw new Error(`socat is needed for this test: ${error.message}`);
      });
      while (!existsSync(nameA) || !existsSync(nameB)) {
        if (child.exitCode !== null) throw new Error(`socat ended with ${child.exitCode}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    },
    async lockFromOutside() {
      const holder = spawn('flock', ['-n', a, 'cat'], { stdio: ['pipe', 'pipe', 'ignore'] });
      holder.stdin.write('x');
      await once(holder.stdout, 'data');
      return { pid: holder.pid!, release: () => end(holder) };
    },
    async close() {
      await pair.unplug();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  await pair.plug();
  return pair;
}
