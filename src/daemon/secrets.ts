// What the gateway needs before it reads anything: the vault that seals secrets, and an import that was cut off put right. Called by gateway.ts.
import type { Log } from '../base/log.ts';
import { type Environment, type Folders, readDeviceKey, writeDeviceKey } from '../config/index.ts';
import type { PluginRegistry } from '../plugin-host/index.ts';
import { createVault, fileAccess, placeRestoredState, recoverTransfer, type Vault } from '../service/index.ts';
import type { Store } from '../store/index.ts';

/** @returns no vault when there is no key and none can be kept */
export function openVault(folders: Folders, env: Environment, log: Log): { vault: Vault | undefined; problems: readonly string[] } {
  const { ring, origin, problems } = readDeviceKey(folders, env);
  for (const reason of problems)
    log.error({ code: 'DEVICE_KEY', reason }, 'The key that seals the secrets of this device is not as it should be.');
  const keep = (next: Parameters<typeof writeDeviceKey>[1]) => writeDeviceKey(folders, next);
  return { vault: ring && createVault({ ring, ...(origin === 'file' ? { keep } : {}) }), problems };
}

/** Before plugins and rules are loaded. @param reload reads the configuration again */
export async function putImportRight(folders: Folders, store: Store, plugins: PluginRegistry, log: Log, reload: () => void): Promise<void> {
  const recovered = await recoverTransfer(folders.data, store, fileAccess(folders, plugins.door), log);
  if (recovered !== 'nothing') reload();
  await placeRestoredState(store);
}
