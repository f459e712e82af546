// Runs TypeScript over a plugin, where there is one: that of the plugin's own folder, else the one beside this program. A project is checked as its
// tsconfig.json says; a lone file leniently, since it need not be strict to run. Called by check.ts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { kitArchive, unpackTgz } from './kit.ts';
import type { PluginPlace } from './locate.ts';

export interface TypeFault {
  file: string;
  line: number;
  code: number;
  text: string;
}

/** @returns undefined when there is no TypeScript */
export function typeCheck({ file, folder, project }: PluginPlace): TypeFault[] | undefined {
  const tsc = findTsc(folder);
  if (tsc === undefined) return undefined;
  if (project && existsSync(join(folder, 'tsconfig.json'))) return run(tsc, join(folder, 'tsconfig.json'), folder);
  const scratch = mkdtempSync(join(tmpdir(), 'kuiper-types-'));
  try {
    const kit = join(scratch, 'node_modules/@kuiper-gateway/plugin');
    unpackTgz(kitArchive(), kit);
    const options = {
      target: 'esnext',
      lib: ['esnext'],
      module: 'nodenext',
      strict: false,
      noEmit: true,
      skipLibCheck: true,
      allowImportingTsExtensions: true,
      erasableSyntaxOnly: true,
      types: ['node'],
      typeRoots: [join(kit, 'node_modules/@types')],
      paths: { 'kuiper-gateway': [join(kit, 'dist/index.d.ts')], '@kuiper-gateway/plugin': [join(kit, 'dist/index.d.ts')] },
    };
    const config = join(scratch, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ compilerOptions: options, files: [file] }));
    return run(tsc, config, folder);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function findTsc(folder: string): string | undefined {
  for (const from of [folder, import.meta.dirname])
    try {
      const found = join(dirname(createRequire(join(from, 'x.js')).resolve('typescript/package.json')), 'bin/tsc');
      if (existsSync(found)) return found;
    } catch {
      // none there
    }
  return undefined;
}

function run(tsc: string, config: string, folder: string): TypeFault[] {
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', config, '--pretty', 'false'], { cwd: folder, encoding: 'utf8' });
  return stdout.split('\n').flatMap((line): TypeFault[] => {
    const m = /^(.+?)\((\d+),\d+\): error TS(\d+): (.*)$/.exec(line);
    return m ? [{ file: relative(folder, resolve(folder, m[1]!)), line: Number(m[2]), code: Number(m[3]), text: m[4]! }] : [];
  });
}
