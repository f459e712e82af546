// Zip archives of plugins: the one place where their structure, names and sizes are checked. Nothing is written here. Reads the central
// directory itself, because links, duplicates and headers that contradict each other are what must be seen. Next: install-archive.ts.

import { GatewayError } from '../../base/errors/gateway-error.ts';
import { nodeZlib } from '../../base/node-builtins.ts';

export interface ArchiveEntry {
  /** Checked relative path with `/`. */
  readonly path: string;
  readonly content: Buffer;
}

export interface ArchiveLimits {
  maxBytes: number;
  maxEntries: number;
  /** Unpacked to packed size of the whole archive. */
  maxRatio: number;
}

export const defaultArchiveLimits: ArchiveLimits = { maxBytes: 128 * 1024 * 1024, maxEntries: 2000, maxRatio: 200 };

const END = 0x06054b50;
const CENTRAL = 0x02014b50;
const LOCAL = 0x04034b50;
/** Below this an archive may be packed as well as it likes. */
const RATIO_FREE_BYTES = 1024 * 1024;

/** Unpacks in memory. Folders are left out.
 *  @throws PLUGIN_ARCHIVE naming the entry and what is wrong with it */
export function readArchive(zip: Buffer, limits: ArchiveLimits = defaultArchiveLimits): ArchiveEntry[] {
  const directory = findDirectory(zip);
  if (directory.count > limits.maxEntries) throw bad(`it has ${directory.count} entries, at most ${limits.maxEntries} are allowed`);
  const out: ArchiveEntry[] = [];
  const seen = new Map<string, string>();
  let total = 0;
  let at = directory.offset;
  for (let i = 0; i < directory.count; i++) {
    const entry = readCentral(zip, at);
    at = entry.next;
    const isFolder = entry.name.endsWith('/');
    const path = checkEntryPath(isFolder ? entry.name.slice(0, -1) : entry.name);
    const type = (entry.attributes >>> 28) & 0xf;
    if (entry.madeByUnix && type !== 0 && type !== (isFolder ? 4 : 8)) throw bad(`"${path}" is a link or a device`);
    // a file system that ignores case, or composes accents, would let the second overwrite the first
    const same = path.normalize('NFC').toLowerCase();
    const other = seen.get(same);
    if (other !== undefined) throw bad(`"${path}" is there twice${other === path ? '' : ` (also as "${other}")`}`);
    seen.set(same, path);
    if (isFolder) {
      if (entry.size > 0) throw bad(`the folder "${path}" has content`);
      continue;
    }
    total += entry.size;
    if (total > limits.maxBytes) throw bad(`unpacked it is larger than ${limits.maxBytes} bytes`);
    if (total > RATIO_FREE_BYTES && total > zip.length * limits.maxRatio)
      throw bad(`it unpacks to more than ${limits.maxRatio} times its size`);
    out.push({ path, content: readContent(zip, entry, path) });
  }
  for (const path of seen.values()) {
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      if (out.some((e) => e.path === path.slice(0, cut))) throw bad(`"${path.slice(0, cut)}" is a file and a folder`);
    }
  }
  return out;
}

/** @returns the path  @throws PLUGIN_ARCHIVE */
export function checkEntryPath(path: string): string {
  const shown = JSON.stringify(path.slice(0, 200));
  if (path === '' || path.length > 400) throw bad(`a name is empty or too long: ${shown}`);
  if (path.includes('\ufffd')) throw bad(`a name is not UTF-8: ${shown}`);
  // control characters, and those that turn or hide text (bidirectional marks, zero width, soft hyphen, private use)
  if (/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(path) || /[\ud800-\udfff]/.test(path.replace(/[\ud800-\udbff][\udc00-\udfff]/g, '')))
    throw bad(`a name has invisible characters: ${shown}`);
  if (path.includes('\\') || path.includes(':')) throw bad(`a name has a backslash or a colon: ${shown}`);
  if (path.startsWith('/')) throw bad(`a name is absolute: ${shown}`);
  for (const part of path.split('/')) {
    if (part === '' || /^\.+$/.test(part.normalize('NFKC'))) throw bad(`a name leads out of its folder: ${shown}`);
    if (part !== part.trim() || part.endsWith('.')) throw bad(`a name begins or ends with a blank or a dot: ${shown}`);
    if (part.length > 200) throw bad(`a name is too long: ${shown}`);
    if (/[/\\]/.test(part.normalize('NFKC'))) throw bad(`a name has a look-alike of a slash: ${shown}`);
  }
  return path;
}

interface Central {
  name: string;
  madeByUnix: boolean;
  attributes: number;
  flags: number;
  method: number;
  crc: number;
  packed: number;
  size: number;
  local: number;
  next: number;
}

const bad = (problem: string): GatewayError => new GatewayError('PLUGIN_ARCHIVE', { problem });

function findDirectory(zip: Buffer): { offset: number; count: number } {
  for (let at = zip.length - 22; at >= Math.max(0, zip.length - 22 - 0xffff); at--) {
    if (zip.readUInt32LE(at) !== END || at + 22 + zip.readUInt16LE(at + 20) !== zip.length) continue;
    const count = zip.readUInt16LE(at + 10);
    const size = zip.readUInt32LE(at + 12);
    const offset = zip.readUInt32LE(at + 16);
    if (zip.readUInt16LE(at + 4) !== 0 || zip.readUInt16LE(at + 8) !== count) throw bad('it is one of several parts');
    if (count === 0xffff || offset === 0xffffffff || offset + size !== at) throw bad('its directory does not lie where it should');
    return { offset, count };
  }
  throw bad('this is not a zip file');
}

function readCentral(zip: Buffer, at: number): Central {
  if (at + 46 > zip.length || zip.readUInt32LE(at) !== CENTRAL) throw bad('its directory is damaged');
  const nameLength = zip.readUInt16LE(at + 28);
  const next = at + 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  if (next > zip.length) throw bad('its directory is damaged');
  return {
    name: zip.toString('utf8', at + 46, at + 46 + nameLength),
    madeByUnix: zip[at + 5] === 3 || zip[at + 5] === 19,
    attributes: zip.readUInt32LE(at + 38),
    flags: zip.readUInt16LE(at + 8),
    method: zip.readUInt16LE(at + 10),
    crc: zip.readUInt32LE(at + 16),
    packed: zip.readUInt32LE(at + 20),
    size: zip.readUInt32LE(at + 24),
    local: zip.readUInt32LE(at + 42),
    next,
  };
}

function readContent(zip: Buffer, e: Central, path: string): Buffer {
  if (e.flags & 1) throw bad(`"${path}" is encrypted`);
  if (e.packed === 0xffffffff || e.size === 0xffffffff) throw bad(`"${path}" is too large`);
  if (e.local + 30 > zip.length || zip.readUInt32LE(e.local) !== LOCAL) throw bad(`"${path}" is damaged`);
  const nameLength = zip.readUInt16LE(e.local + 26);
  const start = e.local + 30 + nameLength + zip.readUInt16LE(e.local + 28);
  if (start + e.packed > zip.length) throw bad(`"${path}" is damaged`);
  // two names for one content would let a check and a later reader see different files
  const localName = zip.toString('utf8', e.local + 30, e.local + 30 + nameLength);
  if (localName !== path) throw bad(`"${path}" is called ${JSON.stringify(localName)} inside`);
  const packed = zip.subarray(start, start + e.packed);
  let content: Buffer;
  if (e.method === 0) content = Buffer.from(packed);
  else if (e.method === 8) {
    try {
      content = nodeZlib().inflateRawSync(packed, { maxOutputLength: Math.max(1, e.size) });
    } catch (error) {
      const text = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'is larger than it says' : 'is damaged';
      throw bad(`"${path}" ${text}`);
    }
  } else throw bad(`"${path}" is packed by method ${e.method}; use deflate`);
  if (content.length !== e.size || nodeZlib().crc32(content) !== e.crc) throw bad(`"${path}" is damaged`);
  return content;
}
