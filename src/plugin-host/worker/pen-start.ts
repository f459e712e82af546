// How systemd starts a plugin host (kuiper-plugins@.service): one line on the connection says what the plugin may do; then this program becomes
// the host itself, under Node's permission model when there are limits. The line comes from the gateway, not from a plugin.
import { readSync } from 'node:fs';
import type { StartLine } from './pen-protocol.ts';

const MAX_LINE_BYTES = 64 * 1024;
const pause = new Int32Array(new SharedArrayBuffer(4));

/** Byte by byte: what follows the line belongs to the host. */
function readLine(fd: number): string {
  const bytes: number[] = [];
  const byte = Buffer.alloc(1);
  while (bytes.length < MAX_LINE_BYTES) {
    try {
      if (readSync(fd, byte, 0, 1, null) === 0) break;
      if (byte[0] === 10) return Buffer.from(bytes).toString('utf8');
      bytes.push(byte[0]!);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(pause, 0, 0, 5);
    }
  }
  throw new Error('the gateway said nothing of what the plugin may do');
}

const { flags } = JSON.parse(readLine(0)) as StartLine;
const file = import.meta.filename.replace(/pen-start\.(ts|js)$/, 'pen.$1');
// the connection is the standard input: other descriptors do not outlive execve
const connection = '0';
if (flags.length === 0) {
  process.argv[2] = connection;
  await import(file);
} else {
  const execve = (process as unknown as { execve(file: string, args: string[], env: NodeJS.ProcessEnv): never }).execve;
  const own = [`--allow-fs-read=${file}`, `--allow-fs-read=${file.replace(/pen\.(ts|js)$/, 'frames.$1')}`];
  // the program of this process, whatever its path is here
  execve(
    '/proc/self/exe',
    ['node', ...process.execArgv.filter((a) => !a.startsWith('--import')), ...flags, ...own, file, connection],
    process.env,
  );
}
