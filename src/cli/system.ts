// What `kuiper system …` does on the device itself: programs of the system that the login user may run, and files that it may read. Used by
// commands/system-*.ts.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './cli-error.ts';

export const DEVICE = '/var/lib/kuiper-device';
export const RING = '/var/log/kuiper';
const UNITS = ['kuiper', 'kuiper-mqtt', 'kuiper-provision', 'kuiper-first-boot', 'kuiper-content', 'kuiper-certificate', 'ssh'];

/** Text of a file, undefined where there is none (another machine than the appliance) or it is not ours to read. */
export function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // said by the caller, which knows what is missing then
  }
}

/** Runs a program of the system. @throws CliError with what it said */
export function run(program: string, args: readonly string[], maxBytes = 16_777_216): string {
  const { error, status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: maxBytes });
  if (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new CliError(missing ? `This machine has no ${program}.` : `${program}: ${error.message}`, 'refused');
  }
  if (status !== 0) throw new CliError(`${program} ${args.join(' ')}: ${stderr.trim() || `ended with ${status}`}`, 'refused');
  return stdout;
}

/** Lines of the journal of the gateway's units. */
export const journal = (lines: number): string =>
  run('journalctl', ['--no-pager', '--quiet', '--output=short-iso', `--lines=${lines}`, ...UNITS.flatMap((u) => ['--unit', u])]);

/** Important lines that outlive power cuts, oldest first. */
export function ring(): string {
  let names: string[];
  try {
    names = readdirSync(RING).filter((n) => /^important\.log(\.\d)?$/.test(n));
  } catch {
    return ''; // no device
  }
  names.sort().reverse();
  return names.map((name) => textOf(join(RING, name)) ?? '').join('');
}

export function freeSpace(folder: string): string {
  try {
    const { bavail, blocks, bsize } = statfsSync(folder);
    return `${Math.round((bavail * bsize) / 1e6)} of ${Math.round((blocks * bsize) / 1e6)} MB free`;
  } catch {
    return 'unknown';
  }
}
