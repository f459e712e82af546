// Files of etc lie there as their author wrote them: a secret in them is in clear on the disk. It is not moved behind his back, it is told. Called by
// daemon/configuration.ts when the configuration is good.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { clearSecretsIn } from '../base/secrets-in-text.ts';
import type { Folders } from './folders.ts';
import { filesOf } from './last-good.ts';

const MAX_FILE_BYTES = 256 * 1024;

/** Conf keys and connections: properties of these may refer to secrets. */
const READ = /^etc\/(?:(?:sources|sinks|connections)\/[^/]+|[\w-]+_(?:source|sink))\.ya?ml$/;

/** @returns files below etc, relative to the root, with the names of the properties that hold a secret in clear */
export function secretsInFiles(folders: Folders): { file: string; properties: string[] }[] {
  const out: { file: string; properties: string[] }[] = [];
  for (const file of filesOf(folders)) {
    if (!READ.test(file)) continue;
    const path = join(folders.etc, file.slice('etc/'.length));
    try {
      if (statSync(path).size > MAX_FILE_BYTES) continue;
      const properties = clearSecretsIn(readFileSync(path, 'utf8'));
      if (properties.length > 0) out.push({ file, properties });
    } catch {
      // gone meanwhile, or not ours to read: its reader tells
    }
  }
  return out;
}
