// Paths with slashes (Go's package path), base32 and Adler-32 of the sprig set.
import { reserveText } from '../../base/budget.ts';
import type { Value } from '../../data/value.ts';
import { fixed, type TemplateFunction } from './function.ts';
import { text } from './strings.ts';

/** The shortest path that means the same. @source Go, package path, Clean */
function clean(path: string): string {
  if (path === '') return '.';
  const rooted = path.startsWith('/');
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') names.push(name);
    else if (names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (!rooted) names.push(name);
  }
  const joined = names.join('/');
  return rooted ? `/${joined}` : joined || '.';
}

function base(path: string): string {
  if (path === '') return '.';
  const bare = path.replace(/\/+$/, '');
  return bare === '' ? '/' : bare.slice(bare.lastIndexOf('/') + 1);
}

function ext(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

/** @source RFC 4648, 6 */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function toBase32(bytes: Uint8Array): string {
  reserveText(Math.ceil(bytes.length / 5) * 8);
  let out = '';
  let held = 0;
  let bits = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    for (bits += 8; bits >= 5; bits -= 5) out += BASE32[(held >> (bits - 5)) & 31];
  }
  if (bits > 0) out += BASE32[(held << (5 - bits)) & 31];
  return out.padEnd(Math.ceil(out.length / 8) * 8, '=');
}

function fromBase32(given: string): string {
  const packed = given.replace(/[\r\n]/g, '');
  const data = packed.replace(/=+$/, '');
  const odd = data.length % 8;
  if (packed.length % 8 !== 0 || packed.length - data.length > 6 || odd === 1 || odd === 3 || odd === 6 || /[^A-Z2-7]/.test(data))
    throw new Error('illegal base32 data');
  const bytes: number[] = [];
  let held = 0;
  let bits = 0;
  for (const c of data) {
    held = ((held << 5) | BASE32.indexOf(c)) & 0xfff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((held >> bits) & 255);
  }
  return Buffer.from(bytes).toString();
}

/** @source RFC 1950, 8.2 */
function adler32(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

export const pathFunctions: Record<string, TemplateFunction> = {
  base: fixed(1, (p: Value) => base(text(p))),
  dir: fixed(1, (p: Value) => {
    const path = text(p);
    return clean(path.slice(0, path.lastIndexOf('/') + 1));
  }),
  clean: fixed(1, (p: Value) => clean(text(p))),
  ext: fixed(1, (p: Value) => ext(text(p))),
  isAbs: fixed(1, (p: Value) => text(p).startsWith('/')),
  b32enc: fixed(1, (v: Value) => toBase32(Buffer.from(text(v)))),
  b32dec: fixed(1, (v: Value) => fromBase32(text(v))),
  adler32sum: fixed(1, (v: Value) => String(adler32(Buffer.from(text(v))))),
};
