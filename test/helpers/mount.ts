// Small file systems for tests of full and read-only disks. They need root (CI has it); without, a suite leaves them out and says so.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const canMount = process.getuid?.() === 0 && tryMount();
if (!canMount) console.warn('\n*** mounting a tmpfs needs root: tests of full and read-only disks are left out ***\n');

function tryMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'kuiper-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'ignore' });
    execFileSync('umount', [folder]);
    return true;
  } catch {
    return false; // a container without the right
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
