// Public keys of those who may say what the gateways of a fleet shall be: PEM files in etc/fleet-keys. Read at each use, so that a key that was added or
// taken away counts at once. Made by fleet.ts.
import type { KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError, messageOf } from '../base/errors/gateway-error.ts';
import { nodeCrypto } from '../base/node-builtins.ts';

/** @throws GatewayError CONFIG_FILE for one that is no Ed25519 key: it must not count as "there are no keys" */
export function readFleetKeys(etc: string): KeyObject[] {
  const folder = join(etc, 'fleet-keys');
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return names
    .filter((n) => !n.startsWith('.') && !/^readme/i.test(n))
    .sort()
    .map((name) => {
      const file = join(folder, name);
      try {
        const key = nodeCrypto().createPublicKey(readFileSync(file));
        if (key.asymmetricKeyType !== 'ed25519') throw new Error(`its type is ${key.asymmetricKeyType}`);
        return key;
      } catch (error) {
        throw new GatewayError(
          'CONFIG_FILE',
          { file, reason: `it is not a public Ed25519 key in PEM (${messageOf(error)})` },
          { cause: error },
        );
      }
    });
}
