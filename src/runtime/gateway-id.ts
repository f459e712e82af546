// The id of this gateway: random, made once, kept in the data folder. Base of client ids that stay the same over restarts.

import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';
import { nodeCrypto } from '../base/node-builtins.ts';

/** @returns the kept id, or a new one; a folder that cannot be written is logged, and the id then lasts for this run */
export function readGatewayId(dataDir: string, log: Log): string {
  const file = join(dataDir, 'gateway-id');
  try {
    const kept = readFileSync(file, 'utf8').trim();
    if (/^[0-9a-f-]{36}$/.test(kept)) return kept;
    log.warn({ file }, 'The gateway id is damaged; a new one is made.');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') log.warn({ file, cause: messageOf(error) }, 'The gateway id cannot be read.');
  }
  const id = randomUuid();
  try {
    mkdirSync(dataDir, { recursive: true });
    writeDurably(file, `${id}\n`);
  } catch (error) {
    log.warn(
      { file, cause: messageOf(error) },
      'The gateway id cannot be kept: sessions at brokers will not be found again after a restart.',
    );
  }
  return id;
}

/** The kernel makes one as well; crypto takes 6 MB of memory. */
function randomUuid(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/uuid', 'utf8').trim();
  } catch {
    return nodeCrypto().randomUUID(); // not Linux
  }
}
