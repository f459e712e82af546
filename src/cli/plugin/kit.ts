// The package of plugin authors as this program brings it: the archive beside the bundle, or, in a work tree, made from src/plugin-kit when it is
// older. Called by `plugin new` and by the type check.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CliError } from '../cli-error.ts';

const PROGRAM = join(import.meta.dirname, '../../..');

/** @returns path of the archive, `…/kuiper-gateway-plugin-1.0.0.tgz` */
export function kitArchive(): string {
  const shipped = join(PROGRAM, 'dist/plugin-kit');
  const found = existsSync(shipped) ? readdirSync(shipped).find((f) => f.endsWith('.tgz')) : undefined;
  if (found !== undefined) return join(shipped, found);
  const script = join(PROGRAM, 'scripts/plugin-kit.ts');
  if (!existsSync(script)) throw new CliError('The package @kuiper-gateway/plugin is not part of this installation.', 'failed');
  const made = spawnSync(process.execPath, [script], { encoding: 'utf8' });
  if (made.status !== 0) throw new CliError(`The package @kuiper-gateway/plugin cannot be made: ${made.stderr}`, 'failed');
  return made.stdout.trim();
}

/** The part of the kit that runs, for bundles. */
export function kitRuntime(): string {
  return join(PROGRAM, 'src/plugin-kit/runtime.ts');
}

/** Unpacks a .tgz of npm. Only plain files below `package/` are taken. @param into folder of the package */
export function unpackTgz(archive: string, into: string): void {
  const tar = gunzipSync(readFileSync(archive));
  for (let at = 0; at + 512 <= tar.length; ) {
    const text = (from: number, length: number) => tar.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const name = [text(345, 155), text(0, 100)].filter(Boolean).join('/');
    if (name === '') return;
    const size = Number.parseInt(text(124, 12).trim(), 8);
    const type = text(156, 1);
    const path = name.replace(/^package\//, '');
    if ((type === '' || type === '0') && path !== name && !path.split('/').includes('..')) {
      mkdirSync(dirname(join(into, path)), { recursive: true });
      writeFileSync(join(into, path), tar.subarray(at + 512, at + 512 + size));
    }
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
