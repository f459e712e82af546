// A fresh root gets copies of the shipped configuration files, so that there is something to edit. A copy that nobody changed is
// renewed when the program brings a newer one (its hash is remembered in data/); what the user changed is never touched.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Folders } from './folders.ts';

export interface WrittenDefaults {
  written: string[];
  /** Files that could not be written (read-only etc); the shipped ones are in effect all the same. */
  failed: { file: string; reason: string }[];
}

const MEMORY = 'shipped-etc.json';

export function writeDefaults(folders: Folders): WrittenDefaults {
  const result: WrittenDefaults = { written: [], failed: [] };
  const memoryFile = join(folders.data, MEMORY);
  const memory = readMemory(memoryFile);
  let changed = false;
  for (const name of yamlFilesOf(folders.shippedEtc)) {
    const shipped = readFileSync(join(folders.shippedEtc, name));
    const hash = hashOf(shipped);
    const target = join(folders.etc, name);
    const present = readIfThere(target);
    const untouched = present === undefined ? memory[name] === undefined : memory[name] === hashOf(present) && memory[name] !== hash;
    // a file that the user deleted stays deleted
    if (!untouched) continue;
    try {
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(target, shipped);
      memory[name] = hash;
      changed = true;
      result.written.push(target);
    } catch (error) {
      result.failed.push({ file: target, reason: messageOf(error) });
    }
  }
  if (changed) writeFileSync(memoryFile, JSON.stringify(memory));
  return result;
}

function yamlFilesOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names.filter((n) => n.endsWith('.yaml') && statSync(join(folder, n)).isFile()).sort();
}

function hashOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return Buffer.alloc(0); // there, but not ours to read: counts as the user's
  }
}

function readMemory(file: string): Record<string, string> {
  const bytes = readIfThere(file);
  if (!bytes) return {};
  try {
    return JSON.parse(bytes.toString('utf8')) as Record<string, string>;
  } catch {
    return {}; // damaged: files that exist then count as the user's, which loses nothing
  }
}
