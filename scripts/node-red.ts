// Builds the Node-RED palette of src/node-red: one CommonJS file with kuiper.html and the icon beside it, as a .tgz that Node-RED installs. Called by `make node-red`,
// the release and the tests. `node scripts/node-red.ts [OUT-FOLDER]` prints the path of the archive.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rolldown } from 'rolldown';
import { writeTgz } from './lib/tgz.ts';

const REPO = resolve(import.meta.dirname, '..');
const PALETTE = join(REPO, 'src/node-red');

export async function buildPalette(outFolder = join(REPO, 'image/out')): Promise<string> {
  const { name, version } = JSON.parse(readFileSync(join(PALETTE, 'package.json'), 'utf8')) as { name: string; version: string };
  const work = join(outFolder, `node-red-${process.pid}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, 'dist'), { recursive: true });
  const build = await rolldown({ cwd: REPO, input: join(PALETTE, 'nodes.ts'), platform: 'node', external: (id) => id.startsWith('node:') });
  await build.write({ file: join(work, 'dist/kuiper.js'), format: 'cjs', exports: 'default', codeSplitting: false });
  await build.close();
  for (const [from, to] of [
    ['kuiper.html', 'dist/kuiper.html'],
    ['icons', 'dist/icons'],
    ['examples', 'examples'],
    ['README.md', 'README.md'],
  ] as const)
    cpSync(join(PALETTE, from), join(work, to), { recursive: true });
  // the sources are ES modules, the bundle is CommonJS
  const { type: _, ...manifest } = JSON.parse(readFileSync(join(PALETTE, 'package.json'), 'utf8')) as Record<string, unknown>;
  writeFileSync(join(work, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  cpSync(join(REPO, 'LICENSE'), join(work, 'LICENSE'));
  const archive = join(outFolder, `${name}-${version}.tgz`);
  writeTgz(work, archive);
  rmSync(work, { recursive: true });
  return archive;
}

if (import.meta.main) process.stdout.write(`${await buildPalette(process.argv[2] ? resolve(process.argv[2]) : undefined)}\n`);
