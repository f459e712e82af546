// Copies that the gateway keeps for itself before an import or a restore: `<data>/backups/before-<moment>.kuiperbackup`, under the key of the device.
// `kuiper restore --last` takes the newest. Used by backup-service.ts.
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../../base/durable-file.ts';

const MAX_COPIES = 3;
const NAME = /^before-.*\.kuiperbackup$/;

const folderOf = (dataDir: string) => join(dataDir, 'backups');

/** @throws the system's error: then nothing may be changed */
export function keepCopyFile(dataDir: string, content: Buffer, nowMs: number): void {
  const folder = folderOf(dataDir);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const names = copyNames(dataDir);
  let name = `before-${new Date(nowMs).toISOString().replace(/[:.]/g, '-')}.kuiperbackup`;
  // a clock that was set back must not make the newest copy an older one by its name
  const newest = names.at(-1);
  if (newest !== undefined && name <= newest) name = newest.replace(/\.kuiperbackup$/, 'x.kuiperbackup');
  writeDurably(join(folder, name), content, 0o600);
  for (const old of [...names, name].slice(0, -MAX_COPIES)) rmSync(join(folder, old), { force: true });
}

/** Writes each copy again. @param again undefined: it cannot be read, and stays as it is */
export async function rewriteCopies(dataDir: string, again: (file: Buffer) => Promise<Buffer | undefined>): Promise<void> {
  for (const name of copyNames(dataDir)) {
    const path = join(folderOf(dataDir), name);
    const file = await again(readFileSync(path));
    if (file) writeDurably(path, file, 0o600);
  }
}

/** Oldest first. */
export function copyNames(dataDir: string): string[] {
  try {
    return readdirSync(folderOf(dataDir))
      .filter((n) => NAME.test(n))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export function readLastCopy(dataDir: string): Buffer | undefined {
  const name = copyNames(dataDir).at(-1);
  return name === undefined ? undefined : readFileSync(join(folderOf(dataDir), name));
}
