// Packages that only an install needs are left out of the image, and nothing else.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { prunePackages } from '../../image/lib/prune-packages.ts';

// @covers issue:16#6
test('what is reached by install helpers only goes, with its own nested packages; what runs stays where Node finds it', () => {
  const root = mkdtempSync(join(tmpdir(), 'prune-'));
  // as while the package is made: not called node_modules
  const modules = join(root, 'modules-arm64.tree');
  const put = (path: string, dependencies: string[] = []) => {
    mkdirSync(join(modules, path), { recursive: true });
    writeFileSync(
      join(modules, path, 'package.json'),
      JSON.stringify({ dependencies: Object.fromEntries(dependencies.map((d) => [d, '1'])) }),
    );
  };
  writeFileSync(join(root, 'package.json'), JSON.stringify({ dependencies: { sqlite3: '1', other: '1' } }));
  put('sqlite3', ['bindings', 'prebuild-install', 'tar']);
  put('bindings', ['shared']);
  put('shared');
  put('prebuild-install', ['shared', 'only-there', '@scope/only']);
  put('only-there');
  put('@scope/only');
  put('tar');
  put('other', ['tar-like', 'twice']);
  put('tar-like');
  put('twice');
  put('other/node_modules/twice', ['deep']);
  put('deep');
  try {
    expect(prunePackages(modules, join(root, 'package.json')).sort()).toEqual([
      '@scope/only',
      'only-there',
      'prebuild-install',
      'tar',
      'twice',
    ]);
    expect(readdirSync(modules).sort()).toEqual(['@scope', 'bindings', 'deep', 'other', 'shared', 'sqlite3', 'tar-like']);
    expect(readdirSync(join(modules, 'other/node_modules'))).toEqual(['twice']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
