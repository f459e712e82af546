// REST for other machines, opened and closed while the device runs: the same files as `rest.remote` of gateway.yaml, the firewall read again and the gateway
// started again at once. Started by kuiper-rest-open.service and kuiper-rest-close.service, which the login user may start (`kuiper system rest`). Part of main.ts.
import { existsSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { put } from './device-files.ts';
import type { Places } from './main.ts';
import { render } from './render.ts';

export type Run = (program: string, args: readonly string[]) => void;

/** @param newToken made by the caller; one that is there stays, so that machines which know it go on
 *  @throws Error when a file could not be written or a program failed; what was open before may be half closed then, never the other way round */
export async function setRemoteRest(places: Places, open: boolean, newToken: string, run: Run): Promise<void> {
  const { root } = places;
  const there = join(root, '/var/lib/kuiper-device/rest-token');
  const token = existsSync(there) ? readFileSync(there, 'utf8').trim() || newToken : newToken;
  const { files, remove } = render({ rest: { remote: open } }, token);
  for (const file of files) await put(places, file);
  for (const path of remove) await rm(join(root, path), { force: true });
  // Closing: the door first, then what is behind it. Opening: the door last, when it asks for the token.
  const firewall = () => run('systemctl', ['reload', 'nftables.service']);
  const gateway = () => run('systemctl', ['try-restart', 'kuiper.service']);
  if (open) {
    gateway();
    firewall();
  } else {
    firewall();
    gateway();
  }
}
