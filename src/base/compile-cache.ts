// Where V8's compile cache lies. Used by the entry points before anything else is loaded, so this file imports nothing of ours.
import { accessSync, constants, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROGRAM = resolve(import.meta.dirname, '../..');

/** @param root of the gateway, for a program folder that cannot be written  @returns an absolute path */
export function compileCacheFolder(root: string | undefined): string | undefined {
  const own = join(PROGRAM, '.cache/compile');
  try {
    mkdirSync(own, { recursive: true });
    accessSync(own, constants.W_OK);
    return own;
  } catch {
    // read-only program: undefined leaves the choice to Node (the folder for temporary files)
    return root === undefined ? undefined : join(resolve(root), 'data/cache');
  }
}
