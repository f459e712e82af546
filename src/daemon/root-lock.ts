// One gateway per root: two would run every rule twice and write the same databases. The lock is a file with our process id; one left
// behind by a kill or a power cut is seen as such, because no gateway runs under its number.
import { readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import type { Log } from '../base/log.ts';

export interface RootLock {
  release(): void;
}

/** A disk that cannot be written gives no lock; then nobody can write what the lock protects either, and the gateway runs, with a loud word.
 *  @throws GatewayError ROOT_IN_USE when another gateway runs on this data folder */
export function lockRoot(dataDir: string, log: Log, pid = process.pid): RootLock {
  const file = join(dataDir, 'kuiperd.pid');
  const without = (error: unknown): RootLock => {
    log.error(
      { code: 'READ_ONLY', file, reason: messageOf(error) },
      'The data folder cannot be written: rules run as they are stored, without state; changes are refused.',
    );
    return { release: () => undefined };
  };
  for (let tries = 0; ; tries++) {
    try {
      writeFileSync(file, String(pid), { flag: 'wx' });
      return { release: () => rmSync(file, { force: true }) };
    } catch (error) {
      if (cannotWrite(error)) return without(error);
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, 'utf8'));
    if (tries > 0 || isGateway(holder, pid)) throw new GatewayError('ROOT_IN_USE', { folder: dataDir, pid: holder });
    try {
      unlinkSync(file);
    } catch (error) {
      if (cannotWrite(error)) return without(error);
      throw error;
    }
  }
}

/** Read-only, or full: an empty file with our number may still find no place. */
const cannotWrite = (error: unknown): boolean => ['EROFS', 'ENOSPC', 'EDQUOT', 'EIO'].includes((error as NodeJS.ErrnoException).code ?? '');

function isGateway(pid: number, own: number): boolean {
  if (!(pid > 0) || pid === own) return false;
  try {
    // after a boot the number may belong to anything; the package runs its bundle, a clone its sources
    return /src\/daemon\/\w+\.ts|dist\/daemon\.mjs/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
  } catch {
    return false; // no such process
  }
}
