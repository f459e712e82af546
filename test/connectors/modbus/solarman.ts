// A solar logger as the peer of tests, on package pysolarmanv5. Installed by scripts/test-deps.sh into .cache/solarman.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../helpers/free-port.ts';

const python = join(process.cwd(), '.cache/solarman/bin/python');

export const havePysolarman = existsSync(python);
if (!havePysolarman) {
  if (process.env['CI'] === 'true') throw new Error('pysolarmanv5 is missing: scripts/test-deps.sh installs it');
  console.warn('pysolarmanv5 is missing (scripts/test-deps.sh installs it): tests of solar loggers are left out');
}

export interface Logger {
  readonly port: number;
  /** What it was asked, a line each. */
  readonly told: string[];
  close(): Promise<void>;
}

export async function startLogger(serial: number): Promise<Logger> {
  const port = await freePort();
  const child: ChildProcess = spawn(python, [join(import.meta.dirname, 'solarman-logger.py'), String(serial), String(port)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let errors = '';
  child.stderr!.on('data', (d: Buffer) => (errors = (errors + d.toString()).slice(-2000)));
  const told: string[] = [];
  await new Promise<void>((resolve, reject) => {
    let line = '';
    child.stdout!.on('data', (d: Buffer) => {
      const lines = (line + d.toString()).split('\n');
      line = lines.pop()!;
      told.push(...lines.filter((l) => l !== 'ready'));
      resolve();
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`the logger ended with ${code}: ${errors}`)));
  });
  return {
    port,
    told,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the logger ended: ${errors}`);
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
