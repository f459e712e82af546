// Writes a folder as the .tgz that npm installs: entries below `package/`, in order of their names, without times, owners or modes of this
// machine, so that equal files give an equal archive. Used by plugin-kit.ts and the release. Needs no npm.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** 1985-10-26, as npm writes it: zip tools dislike the epoch. */
const MTIME_S = 499_162_500;
const BLOCK = 512;

/** @param executable names (relative) that keep mode 755 */
export function writeTgz(folder: string, out: string, executable: readonly string[] = []): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
  const parts: Buffer[] = [];
  for (const name of names) {
    const content = readFileSync(join(folder, name));
    parts.push(header(`package/${name}`, content.length, executable.includes(name) ? 0o755 : 0o644), content);
    const rest = content.length % BLOCK;
    if (rest > 0) parts.push(Buffer.alloc(BLOCK - rest));
  }
  parts.push(Buffer.alloc(2 * BLOCK));
  mkdirSync(dirname(out), { recursive: true });
  writeFileSync(out, gzipSync(Buffer.concat(parts), { level: 9 }));
}

function header(path: string, size: number, mode: number): Buffer {
  const h = Buffer.alloc(BLOCK);
  const [prefix, name] = splitPath(path);
  h.write(name, 0);
  h.write(`${mode.toString(8).padStart(6, '0')} \x00`, 100);
  h.write('000000 \x00000000 \x00', 108);
  h.write(`${size.toString(8).padStart(11, '0')} `, 124);
  h.write(`${MTIME_S.toString(8).padStart(11, '0')} `, 136);
  h.write('        0', 148);
  h.write('ustar\x0000', 257);
  h.write(prefix, 345);
  let sum = 0;
  for (const byte of h) sum += byte;
  h.write(`${sum.toString(8).padStart(6, '0')}\x00 `, 148);
  return h;
}

/** ustar: 155 bytes of folders, 100 of name. */
function splitPath(path: string): [prefix: string, name: string] {
  if (Buffer.byteLength(path) <= 100) return ['', path];
  for (let at = path.indexOf('/'); at >= 0; at = path.indexOf('/', at + 1))
    if (at <= 155 && Buffer.byteLength(path.slice(at + 1)) <= 100) return [path.slice(0, at), path.slice(at + 1)];
  throw new Error(`${path}: its name is too long for a tar archive`);
}
