// The key of the device under which secrets are sealed: from systemd's credentials where the unit brings one (`kuiper.secret-key`: systemd opens it
// with the TPM where there is one), else a file of mode 0400 in etc, outside of the data folder, made at the first start. The file has a twin, so that a
// damaged page does not cost every secret. Read by daemon/gateway.ts.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeDurably } from '../base/durable-file.ts';
import { messageOf } from '../base/errors/gateway-error.ts';
import { type KeyRing, newSealKey, parseKeyRing, printKeyRing } from '../base/seal.ts';
import type { Environment } from './environment.ts';
import type { Folders } from './folders.ts';

export const CREDENTIAL = 'kuiper.secret-key';
const FILE = 'device.key';
const TWIN = 'device.key.twin';
const MODE = 0o400;

export interface DeviceKey {
  /** Undefined: there is none and none can be kept; secrets stay as they are. */
  readonly ring: KeyRing | undefined;
  readonly origin: 'credentials' | 'file' | 'none';
  /** What somebody should know. */
  readonly problems: readonly string[];
}

/** Never throws. */
export function readDeviceKey(folders: Folders, env: Environment): DeviceKey {
  const problems: string[] = [];
  const read = (file: string): KeyRing => {
    try {
      if (!existsSync(file)) return [];
      const ring = parseKeyRing(readFileSync(file, 'utf8'));
      if (ring.length === 0) problems.push(`${file} holds no key`);
      return ring;
    } catch (error) {
      problems.push(`${file}: ${messageOf(error)}`);
      return [];
    }
  };
  const credentials = env['CREDENTIALS_DIRECTORY'];
  const given = credentials ? read(join(credentials, CREDENTIAL)) : [];
  const file = join(folders.etc, FILE);
  const twin = join(folders.etc, TWIN);
  const [own, copy] = [read(file), read(twin)];
  const kept = own.length > 0 ? own : copy;
  if (given.length > 0)
    return { ring: [...given, ...kept.filter((k) => !given.some((g) => g.id === k.id))], origin: 'credentials', problems };
  if (kept.length > 0) {
    if (printKeyRing(own) !== printKeyRing(copy)) problems.push(...keep(folders, kept));
    return { ring: kept, origin: 'file', problems };
  }
  const made = [newSealKey()];
  const failed = keep(folders, made);
  if (failed.length > 0) return { ring: undefined, origin: 'none', problems: [...problems, ...failed] };
  return { ring: made, origin: 'file', problems };
}

/** Writes both files. @throws the system's error; the one before is in place then */
export function writeDeviceKey(folders: Folders, ring: KeyRing): void {
  // the twin first: whatever happens in between, one of the two opens everything
  writeDurably(join(folders.etc, TWIN), printKeyRing(ring), MODE);
  writeDurably(join(folders.etc, FILE), printKeyRing(ring), MODE);
}

function keep(folders: Folders, ring: KeyRing): string[] {
  try {
    writeDeviceKey(folders, ring);
    return [];
  } catch (error) {
    return [`the key of the device cannot be kept: ${messageOf(error)}`];
  }
}
