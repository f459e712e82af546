// Builds `@kuiper-gateway/plugin` from src/plugin-kit: JavaScript, declarations, the types of Node, as a .tgz that installs offline. Called by the
// command line (`kuiper plugin new`) when the archive is older than its sources, by the package and by the release.
// `node scripts/plugin-kit.ts [OUT-FOLDER]` prints the path of the archive.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeTgz } from './lib/tgz.ts';

const REPO = resolve(import.meta.dirname, '..');
const KIT = join(REPO, 'src/plugin-kit');

interface PackageJson {
  name: string;
  version: string;
  dependencies: Record<string, string>;
}

/** @returns path of the archive */
export function buildPluginKit(outFolder = join(REPO, '.cache/plugin-kit')): string {
  const sources = readdirSync(KIT).sort();
  const hash = createHash('sha256');
  for (const file of [...sources.map((f) => join(KIT, f)), join(REPO, 'package-lock.json'), import.meta.filename])
    hash.update(readFileSync(file));
  const key = hash.digest('hex');
  const manifest = JSON.parse(readFileSync(join(KIT, 'package.json'), 'utf8')) as PackageJson;
  const archive = join(outFolder, `kuiper-gateway-plugin-${manifest.version}.tgz`);
  const stamp = `${archive}.key`;
  if (existsSync(archive) && existsSync(stamp) && readFileSync(stamp, 'utf8') === key) return archive;

  // a folder of its own: two builds at once must not meet
  const work = join(outFolder, `work-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'dist'), { recursive: true });
  const tsc = spawnSync(process.execPath, [join(REPO, 'node_modules/typescript/bin/tsc'), '-p', KIT, '--outDir', join(work, 'dist')], {
    encoding: 'utf8',
  });
  if (tsc.status !== 0) throw new Error(`the plugin kit does not compile:\n${tsc.stdout}${tsc.stderr}`);
  for (const file of readdirSync(join(work, 'dist')))
    if (file.endsWith('.d.ts')) {
      const path = join(work, 'dist', file);
      writeFileSync(path, readFileSync(path, 'utf8').replace(/(from '\.\/\w+)\.ts'/g, "$1.js'"));
    }
  writeFileSync(join(work, 'package.json'), readFileSync(join(KIT, 'package.json')));
  writeFileSync(join(work, 'README.md'), readFileSync(join(KIT, 'README.md')));
  writeFileSync(join(work, 'LICENSE'), readFileSync(join(REPO, 'LICENSE')));
  for (const [name, version] of Object.entries(manifest.dependencies)) {
    const from = join(REPO, 'node_modules', name);
    const { version: there } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as PackageJson;
    if (there !== version) throw new Error(`src/plugin-kit/package.json asks for ${name} ${version}, but node_modules has ${there}`);
    cpSync(from, join(work, 'node_modules', name), { recursive: true });
  }
  writeTgz(work, `${archive}.${process.pid}`);
  renameSync(`${archive}.${process.pid}`, archive);
  writeFileSync(stamp, key);
  rmSync(work, { recursive: true });
  return archive;
}

if (import.meta.main) process.stdout.write(`${buildPluginKit(process.argv[2] && resolve(process.argv[2]))}\n`);
