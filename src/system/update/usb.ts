// A bundle on a USB stick: finds it, mounts the stick read-only for as long as it is read. Called by updater.ts, on a device as root.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayError } from '../../base/errors/gateway-error.ts';

interface BlockDevice {
  path: string;
  tran: string | null;
  fstype: string | null;
  children?: BlockDevice[];
}

/** Partitions (or whole sticks) with a file system, on USB. @param listing of lsblk as JSON */
export function usbParts(listing: { blockdevices: BlockDevice[] }): string[] {
  const below = (device: BlockDevice): string[] => [...(device.fstype ? [device.path] : []), ...(device.children ?? []).flatMap(below)];
  return listing.blockdevices.filter(({ tran }) => tran === 'usb').flatMap(below);
}

/** Mounts each in turn until one holds a bundle. @param use gets its path; the stick is there until it ends
 *  @throws GatewayError UPDATE_FAILED when no stick has one */
export async function withUsbBundle<T>(use: (file: string) => Promise<T>, mountAt = '/run/kuiper-update/usb'): Promise<T> {
  const listing = run('lsblk', ['--json', '--output', 'PATH,TRAN,FSTYPE']);
  const parts = usbParts(JSON.parse(listing) as { blockdevices: BlockDevice[] });
  if (parts.length === 0) throw new GatewayError('UPDATE_FAILED', { problem: 'no USB stick with a file system is plugged in' });
  for (const part of parts) {
    mkdirSync(mountAt, { recursive: true, mode: 0o700 });
    // The device that runs the system may itself be on USB: what is mounted is no stick.
    if (spawnSync('findmnt', ['--source', part]).status === 0) continue;
    run('mount', ['--read-only', '--options', 'nosuid,nodev,noexec', part, mountAt]);
    try {
      const bundles = readdirSync(mountAt).filter((name) => name.endsWith('.raucb') && !name.startsWith('.'));
      if (bundles.length > 1)
        throw new GatewayError('UPDATE_FAILED', {
          problem: `the stick holds ${bundles.length} bundles (${bundles.join(', ')}); leave one`,
        });
      if (bundles.length === 1) return await use(join(mountAt, bundles[0]!));
    } finally {
      run('umount', [mountAt]);
      rmdirSync(mountAt);
    }
  }
  throw new GatewayError('UPDATE_FAILED', { problem: 'no file NAME.raucb lies in the top folder of a USB stick' });
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error || status !== 0) throw new GatewayError('UPDATE_FAILED', { problem: `${program}: ${error?.message ?? stderr.trim()}` });
  return stdout;
}
