// Real parts that tests run against (mosquitto, socat, …). Locally a missing part is said loudly and its tests are left out; in CI it fails.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** @returns true when the command is there; in CI throws when it is not */
export function havePart(command: string, debianPackage: string): boolean {
  const found = spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin:/sbin" command -v ${command}`]).status === 0;
  if (!found) {
    const text = `${command} is not installed (apt-get install ${debianPackage}): its tests are left out`;
    if (process.env['CI'] === 'true') throw new Error(text);
    console.warn(`\n*** ${text} ***\n`);
  }
  return found;
}

/** The same for something that test-deps.sh puts into a file. */
export function haveFile(file: string, what: string): boolean {
  if (existsSync(file)) return true;
  const text = `${what} is not installed: its tests are left out`;
  if (process.env['CI'] === 'true') throw new Error(text);
  console.warn(`\n*** ${text} ***\n`);
  return false;
}
