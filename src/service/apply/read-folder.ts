// Reads a folder for an apply: what `kuiper apply DIR` sends and what the pull mode finds in a local or Git-synced folder. Hidden files and
// folders (.git) are left out; links are not followed, since they lead out of the folder.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Of all files together. */
const MAX_FILES = 20_000;

/** @throws the system's error when the folder cannot be read, and when it holds more files than any configuration */
export function readFolder(folder: string): Map<string, Buffer> {
  const out = new Map<string, Buffer>();
  const walk = (below: string) => {
    for (const entry of readdirSync(join(folder, below), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith('.')) continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) out.set(path, readFileSync(join(folder, path)));
      if (out.size > MAX_FILES) throw new Error(`${folder} holds more than ${MAX_FILES} files; is it the right folder?`);
    }
  };
  walk('');
  return out;
}
