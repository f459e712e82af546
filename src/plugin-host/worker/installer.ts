// The one door to `plugins/` on a device: a process of its own (kuiper-installer@.service), under the user that owns the folder. The gateway, which
// evaluates what messages say, cannot write there; it asks here over a Unix socket that only it may open. One connection, one or more requests.
// Takes whole files with names of plugins, and nothing else. Imports nothing of ours but types. The other end: files/door.ts.
import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type * as Frames from './frames.ts';

export type DoorRequest = { do: 'write'; path: string; bytes: Uint8Array } | { do: 'remove'; path: string };
export type DoorAnswer = { ok: true } | { error: string };

const { createFrameReader, frameOf } = (await import(import.meta.url.replace(/installer\.(ts|js)$/, 'frames.$1'))) as typeof Frames;

/** Kind, or nothing for the top folder; then a name without any way out of it. */
const PATH = /^(?:(?:sources|sinks|functions)\/)?[A-Za-z][A-Za-z0-9_]{0,99}(?:@[A-Za-z0-9._+~-]{1,100})?\.(?:[cm]?[jt]s|zip|so)(?:\.sig)?$/;
/** What lies there and is not a plugin may be taken away as well. */
const REMOVABLE = /^(?:(?:sources|sinks|functions)\/)?[^/.\p{Cc}][^/\p{Cc}]{0,199}$/u;
const STATUS = /^(?:(?:sources|sinks|functions)\/)?STATUS\.txt$/;
const MAX_BYTES = 16 * 1024 * 1024;
const LEFT_OVER = /^\.kuiper-[0-9a-f]+\.part$/;

/** @throws what is wrong with the request, or what the file system says */
export function carryOut(folder: string, request: unknown): void {
  const { do: what, path, bytes } = (request ?? {}) as { do?: unknown; path?: unknown; bytes?: unknown };
  const named = typeof path === 'string' && (what === 'remove' ? REMOVABLE.test(path) : PATH.test(path) || STATUS.test(path));
  if (!named) throw new Error('this is not a name of a plugin file');
  const place = join(folder, path);
  if (what === 'remove') return rmSync(place, { force: true });
  if (what !== 'write' || !(bytes instanceof Uint8Array)) throw new Error('unknown request');
  if (bytes.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
  const inside = path.includes('/') ? join(folder, path.slice(0, path.indexOf('/'))) : folder;
  // what a power cut has left
  for (const name of readdirSync(inside)) if (LEFT_OVER.test(name)) rmSync(join(inside, name), { force: true });
  // a dot first: not picked up before it is whole
  const temp = join(inside, `.kuiper-${process.pid.toString(16)}.part`);
  try {
    const fd = openSync(temp, 'wx', 0o664);
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temp, place);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
  const dir = openSync(inside, 'r');
  try {
    fsyncSync(dir);
  } finally {
    closeSync(dir);
  }
}

function serve(folder: string): void {
  const socket = new Socket({ fd: 0 });
  const reader = createFrameReader();
  const answer = (a: DoorAnswer) => socket.write(frameOf(a));
  socket.on('error', () => process.exit(0));
  socket.on('end', () => socket.end());
  socket.on('data', (chunk: Buffer) => {
    try {
      reader.add(chunk);
      for (let m = reader.next(); m !== undefined; m = reader.next()) {
        try {
          carryOut(folder, m.value);
          answer({ ok: true });
        } catch (error) {
          answer({ error: (error as Error).message });
        }
      }
    } catch {
      // garbage: nobody but the gateway may connect, and it sends none
      process.exit(1);
    }
  });
}

if (process.argv[2] !== undefined && import.meta.main) serve(process.argv[2]);
