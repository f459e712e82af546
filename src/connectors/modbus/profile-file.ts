// Finds and reads a profile: <root>/etc/sources/modbus/<name>.yaml. Names are plain, so that no path can be meant.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Profile, parseProfile } from './profile.ts';

/** @throws Error naming the file, and what is wrong in it with line and point */
export function loadProfile(rootPath: string, name: string): Profile {
  if (!/^[A-Za-z0-9_-]+$/.test(name)) throw new Error(`profile "${name}" is not a plain name (letters, digits, _ and -)`);
  const file = path.join(rootPath, 'etc', 'sources', 'modbus', `${name}.yaml`);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const gone = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(gone ? `profile ${name}: there is no file ${file}` : `profile ${name}: ${(error as Error).message}`);
  }
  return parseProfile(text, file);
}
