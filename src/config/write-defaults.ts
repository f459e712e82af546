// A fresh root gets copies of the shipped configuration files, so that there is something to edit. A copy that nobody changed is
// renewed when the program brings a newer one (what we wrote is remembered in data/, as text: a hash would load 6 MB of crypto at each
// start); what the user changed is never touched.

import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Folders } from './folders.ts';

export interface WrittenDefaults {
  written: string[];
  /** Files that could not be written (read-only etc); the shipped ones are in effect all the same. */
  failed: { file: string; reason: string }[];
}

const MEMORY = 'shipped-etc.json';
const LIBRARY = join('sources', 'modbus', 'library');

export function writeDefaults(folders: Folders): WrittenDefaults {
  const result: WrittenDefaults = { written: [], failed: [] };
  const memoryFile = join(folders.data, MEMORY);
  const memory = readMemory(memoryFile);
  let changed = false;
  for (const name of yamlFilesOf(folders.shippedEtc)) {
    const shipped = readFileSync(join(folders.shippedEtc, name), 'utf8');
    const target = join(folders.etc, name);
    const present = readIfThere(target);
    const untouched = present === undefined ? memory[name] === undefined : memory[name] === present && memory[name] !== shipped;
    // a file that the user deleted stays deleted
    if (!untouched) continue;
    try {
      mkdirSync(dirname(target), { recursive: true });
      writeDurably(target, shipped, 0o644);
      memory[name] = shipped;
      changed = true;
      result.written.push(target);
    } catch (error) {
      result.failed.push({ file: target, reason: messageOf(error) });
    }
  }
  try {
    if (changed) writeDurably(memoryFile, JSON.stringify(memory));
  } catch (error) {
    result.failed.push({ file: memoryFile, reason: messageOf(error) });
  }
  return result;
}

function yamlFilesOf(folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  // the library of device profiles is read where it lies (connectors/modbus/profile-file.ts)
  return names.filter((n) => n.endsWith('.yaml') && !n.startsWith(LIBRARY) && statSync(join(folder, n)).isFile()).sort();
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    return ''; // there, but not ours to read: counts as the user's
  }
}

function readMemory(file: string): Record<string, string> {
  const text = readIfThere(file);
  if (!text) return {};
  try {
    return JSON.parse(text) as Record<string, string>;
  } catch {
    return {}; // damaged: files that exist then count as the user's, which loses nothing
  }
}
