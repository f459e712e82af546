// libmodbus as the second peer of tests: a server of few lines in C on the library of Debian, compiled on first use into .cache. Its float functions
// serve as an outside encoder.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteOrder } from '../../../src/connectors/modbus/value-types.ts';
import { type PeerServer, spawnPeer } from './spawn-peer.ts';

const source = join(import.meta.dirname, 'libmodbus-server.c');

/** @returns path of the program; undefined when libmodbus or a compiler is missing */
function build(): string | undefined {
  const folder = join(process.cwd(), '.cache/libmodbus');
  const program = join(folder, `server-${createHash('sha256').update(readFileSync(source)).digest('hex').slice(0, 12)}`);
  if (existsSync(program)) return program;
  if (!existsSync('/usr/include/modbus/modbus.h')) return undefined;
  mkdirSync(folder, { recursive: true });
  // tests may run at the same time: each builds under its own name
  const made = `${program}.${process.pid}`;
  try {
    execFileSync('cc', ['-std=c11', '-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O1', '-o', made, source, '-lmodbus'], {
      stdio: 'pipe',
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  renameSync(made, program);
  return program;
}

const program = build();
export const haveLibmodbus = program !== undefined;
if (!haveLibmodbus) {
  if (process.env['CI'] === 'true') throw new Error('libmodbus or a C compiler is missing: scripts/test-deps.sh installs them');
  console.warn('libmodbus or a C compiler is missing (scripts/test-deps.sh installs them): tests against libmodbus are left out');
}

/** Units 1 to 3 with the values of pymodbus.ts. @param where port, or devices: the n-th serves unit n */
export function startLibmodbus(kind: 'tcp' | 'rtu', where: number | readonly string[]): Promise<PeerServer> {
  return spawnPeer('libmodbus', program!, [kind, ...(typeof where === 'number' ? [String(where)] : where.map((d, i) => `${d}=${i + 1}`))]);
}

/** Bytes of each value as libmodbus makes them (integers: ABCD only). */
export function libmodbusEncode(jobs: readonly { type: 'float32' | 'int32' | 'int64'; order: ByteOrder; value: string }[]): string[] {
  const input = jobs.map((j) => `${j.type} ${j.order} ${j.value}\n`).join('');
  return execFileSync(program!, ['encode'], { input, encoding: 'utf8' }).trim().split('\n');
}
