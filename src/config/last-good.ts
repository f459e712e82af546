// A copy of the small files that the configuration consists of, beside the catalog: files of etc (YAML, JSON, tokens and keys of etc/mgmt) and schemas. A
// file that the disk has damaged (noise, zeros, 0 bytes) or lost is put back at the start; a file that a person has written wrongly is not touched, that
// is for the reader of the file to tell. Called by daemon: restore (gateway.ts) before the configuration is read, save (configuration.ts) when it was good.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { textSum as sumOf } from '../base/checksum.ts';
import { writeDurably, writeDurablyBelow } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Folders } from './folders.ts';

export interface PutBack {
  /** Relative to the root folder. */
  file: string;
  /** For people: what was wrong, and whether it was mended. */
  text: string;
}

const COPY = 'last-good.json';
const MAX_FILE_BYTES = 256 * 1024;
const MAX_COPY_BYTES = 8 * 1024 * 1024;

interface Kept {
  /** Over name and content. */
  sum: string;
  mode: number;
  content: string;
}
/** In the file: files of etc may hold secrets, their content is sealed there. A version that knows no seals takes such an entry for a damaged one. */
type Stored = Omit<Kept, 'content'> & ({ content: string } | { sealed: string });
type Copy = Record<string, Kept>;

/** Seals and opens contents; service/secrets/vault.ts. */
export interface Sealer {
  seal(text: string, context: string): string;
  /** @throws when it cannot be opened */
  open(sealed: string, context: string): string;
}

/** Puts damaged and missing files back. Never throws. @param sealer absent: contents are kept in clear */
export function restoreLastGood(folders: Folders, sealer?: Sealer): PutBack[] {
  const { copy, problem } = readCopy(folders, sealer);
  const out: PutBack[] = problem === undefined ? [] : [{ file: `data/${COPY}`, text: problem }];
  for (const [name, kept] of Object.entries(copy)) {
    const found = look(pathOf(folders, name));
    if (found.state === 'good') continue;
    // what was as shipped and is gone was deleted by somebody, and the shipped one is in effect
    if (found.state === 'missing' && kept.content === shipped(folders, name)) continue;
    const what = found.state === 'missing' ? 'it was gone' : found.state === 'empty' ? 'it was empty' : 'it held no text';
    try {
      writeDurablyBelow(pathOf(folders, name), kept.content, kept.mode);
      out.push({
        file: name,
        text: `${what}; the last good copy was put back${found.state === 'damaged' ? '' : '. To remove it on purpose, do so while the gateway runs'}`,
      });
    } catch (error) {
      out.push({ file: name, text: `${what}, and the last good copy could not be put back: ${messageOf(error)}` });
    }
  }
  return out;
}

/** Takes the copy anew. A damaged file keeps its last good content there; a missing one is forgotten. Writes only when something changed.
 *  @throws the system's error when the copy cannot be written */
export function saveLastGood(folders: Folders, sealer?: Sealer): void {
  const before = readCopy(folders, sealer);
  const next: Copy = {};
  let bytes = 0;
  for (const name of filesOf(folders)) {
    const found = look(pathOf(folders, name));
    const kept: Kept | undefined =
      found.state === 'good'
        ? { sum: sumOf(`${name}\0${found.content}`), mode: found.mode, content: found.content }
        : Object.hasOwn(before.copy, name)
          ? before.copy[name]
          : undefined;
    if (!kept) continue;
    bytes += kept.content.length;
    if (bytes > MAX_COPY_BYTES) break;
    next[name] = kept;
  }
  if (before.problem === undefined && !before.inClear && JSON.stringify(next) === JSON.stringify(before.copy)) return;
  const stored = Object.entries(next).map(([name, { content, ...kept }]): [string, Stored] => [
    name,
    sealer && name.startsWith('etc/') ? { ...kept, sealed: sealer.seal(content, contextOf(name)) } : { ...kept, content },
  ]);
  // only for the gateway: it holds what those files hold
  writeDurably(join(folders.data, COPY), JSON.stringify(Object.fromEntries(stored)), 0o600);
}

const contextOf = (name: string): string => `last-good/${name}`;

type Look = { state: 'good'; content: string; mode: number } | { state: 'missing' | 'empty' | 'damaged' };

function look(file: string): Look {
  let bytes: Buffer;
  let mode: number;
  try {
    mode = statSync(file).mode & 0o777;
    bytes = readFileSync(file);
  } catch (error) {
    // there, but not ours to read: nobody's damage
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? { state: 'missing' } : { state: 'good', content: '', mode: 0 };
  }
  if (bytes.length === 0) return { state: 'empty' };
  const content = bytes.toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a destroyed page has and a text has not
  if (/[\0-\x08\x0e-\x1f]/.test(content) || !Buffer.from(content).equals(bytes)) return { state: 'damaged' };
  return { state: 'good', content, mode };
}

/** `inClear`: there is a content that shall be sealed and is not. */
function readCopy(folders: Folders, sealer: Sealer | undefined): { copy: Copy; problem: string | undefined; inClear: boolean } {
  let text: string;
  try {
    text = readFileSync(join(folders.data, COPY), 'utf8');
  } catch {
    return { copy: {}, problem: undefined, inClear: false }; // a first start, or a disk that tells nothing: there is nothing to put back
  }
  try {
    const stored = Object.entries(JSON.parse(text) as Record<string, Stored>);
    const inClear = sealer !== undefined && stored.some(([name, k]) => name.startsWith('etc/') && 'content' in k);
    const all = stored.map(([name, k]): [string, Kept] => [name, opened(name, k, sealer)]);
    const good = all.filter(([name, k]) => typeof k?.content === 'string' && sumOf(`${name}\0${k.content}`) === k.sum && isOurs(name));
    const problem =
      good.length === all.length ? undefined : `${all.length - good.length} copies of files were damaged; new copies are being made`;
    return { copy: Object.fromEntries(good), problem, inClear };
  } catch {
    return { copy: {}, inClear: false, problem: 'the copy of the configuration files was damaged; a new copy is being made' };
  }
}

function opened(name: string, kept: Stored, sealer: Sealer | undefined): Kept {
  if (!kept || 'content' in kept) return kept as Kept;
  try {
    return { sum: kept.sum, mode: kept.mode, content: sealer!.open(kept.sealed, contextOf(name)) };
  } catch {
    return { sum: '', mode: 0, content: '' }; // another device's key: counted as damaged below
  }
}

/** Names are relative to the root, so that nothing else can be written by them. */
const isOurs = (name: string): boolean => /^(etc|data\/schemas)\//.test(name) && !name.split('/').includes('..');

/** Small files of the configuration, relative to the root. */
export function filesOf(folders: Folders): string[] {
  const below = (folder: string, prefix: string, wanted: (name: string) => boolean): string[] => {
    try {
      return readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((e) => e.isFile())
        .map((e) => relative(folder, join(e.parentPath, e.name)))
        .filter((name) => wanted(name) && statSync(join(folder, name)).size <= MAX_FILE_BYTES)
        .map((name) => `${prefix}/${name}`)
        .sort();
    } catch {
      return []; // not there, or changing under our eyes: the next look takes it
    }
  };
  return [
    ...below(folders.etc, 'etc', (n) => /\.(ya?ml|json)$/.test(n) || n.startsWith('mgmt/')),
    ...below(join(folders.data, 'schemas'), 'data/schemas', (n) => n.endsWith('.proto')),
  ];
}

function pathOf(folders: Folders, name: string): string {
  return name.startsWith('etc/') ? join(folders.etc, name.slice(4)) : join(folders.data, name.slice(5));
}

function shipped(folders: Folders, name: string): string | undefined {
  try {
    return name.startsWith('etc/') ? readFileSync(join(folders.shippedEtc, name.slice(4)), 'utf8') : undefined;
  } catch {
    return undefined; // nothing of that name is shipped
  }
}
