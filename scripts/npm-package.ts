// The npm package `kuiper-gateway`: the bundle (Node strips no types below node_modules), the sources that workers and messages refer to, plugins, defaults and
// the plugin kit. `bin` is a launcher for any Node from 18 on, which starts the pinned Node that comes as a package. Called by the release and by tests.
// `node scripts/npm-package.ts OUT-FOLDER` prints the path of the archive.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { bundle, OUTSIDE } from '../image/lib/bundle.ts';
import { writeTgz } from './lib/tgz.ts';
import { buildPluginKit } from './plugin-kit.ts';

const REPO = resolve(import.meta.dirname, '..');

interface Manifest {
  version: string;
  description: string;
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
}

/** For the demo and for `kuiper plugin pack`; the appliance does without. */
const ALSO = ['aedes', 'rolldown'];

/** @returns path of the archive */
export async function buildNpmPackage(outFolder: string, version?: string): Promise<string> {
  const manifest = JSON.parse(readFileSync(join(REPO, 'package.json'), 'utf8')) as Manifest;
  const work = join(outFolder, 'npm-work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  for (const part of ['src', 'plugins', 'etc', 'LICENSE', 'NOTICE', 'README.md'])
    cpSync(join(REPO, part), join(work, part), { recursive: true });
  mkdirSync(join(work, 'image'), { recursive: true });
  for (const part of ['provision', 'network']) cpSync(join(REPO, 'image', part), join(work, 'image', part), { recursive: true });
  await bundle(join(work, 'dist'), { demo: 'src/daemon/demo.ts' });
  buildPluginKit(join(work, 'dist/plugin-kit'));
  rmSync(join(work, 'dist/plugin-kit', `${archiveOfKit()}.key`), { force: true });
  mkdirSync(join(work, 'bin'));
  for (const [name, start] of Object.entries(BIN)) writeFileSync(join(work, 'bin', `${name}.cjs`), launcher(start));
  const outside = Object.fromEntries(
    [...OUTSIDE, ...ALSO].flatMap((name) => {
      const found = manifest.dependencies[name] ?? (ALSO.includes(name) ? manifest.devDependencies[name] : undefined);
      return found ? [[name, found]] : [];
    }),
  );
  writeFileSync(
    join(work, 'package.json'),
    `${JSON.stringify(
      {
        name: 'kuiper-gateway',
        version: version ?? manifest.version,
        description: manifest.description,
        license: 'Apache-2.0',
        type: 'module',
        repository: { type: 'git', url: 'git+https://github.com/kuiper-gateway/kuiper-gateway.git' },
        engines: { node: '>=18' },
        os: ['linux'],
        bin: Object.fromEntries(Object.keys(BIN).map((name) => [name, `bin/${name}.cjs`])),
        dependencies: outside,
        optionalDependencies: manifest.optionalDependencies,
      },
      undefined,
      2,
    )}\n`,
  );
  const archive = join(outFolder, `kuiper-gateway-${version ?? manifest.version}.tgz`);
  writeTgz(
    work,
    archive,
    Object.keys(BIN).map((name) => `bin/${name}.cjs`),
  );
  rmSync(work, { recursive: true });
  return archive;
}

const archiveOfKit = (): string =>
  `kuiper-gateway-plugin-${(JSON.parse(readFileSync(join(REPO, 'src/plugin-kit/package.json'), 'utf8')) as Manifest).version}.tgz`;

/** Command → entry of the bundle. `kuiper-gateway` alone runs the demo; with arguments it is `kuiper`. */
const BIN: Readonly<Record<string, string>> = {
  'kuiper-gateway': "process.argv.length > 2 ? 'cli' : 'demo'",
  kuiper: "'cli'",
  kuiperd: "'daemon'",
};

const launcher = (start: string): string => `#!/usr/bin/env node
// Starts the Node that this package brings, whatever Node runs this file.
'use strict';
const { existsSync } = require('node:fs');
const { spawn } = require('node:child_process');
const { dirname, join } = require('node:path');
let node;
try {
  node = join(dirname(require.resolve('node-linux-' + process.arch + '/package.json')), 'bin/node');
} catch {
  node = undefined;
}
if (!node || !existsSync(node)) {
  if (Number(process.versions.node.split('.')[0]) < 26) {
    process.stderr.write('kuiper-gateway: no Node for linux-' + process.arch + ' came with the package, and this one (' + process.version + ') is older than 26.\\n');
    process.exit(1);
  }
  node = process.execPath;
}
const entry = join(__dirname, '../dist', (${start}) + '.mjs');
const child = spawn(node, ['--max-semi-space-size=8', entry].concat(process.argv.slice(2)), { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code === null ? 128 + (signal === 'SIGINT' ? 2 : 15) : code));
`;

if (import.meta.main) process.stdout.write(`${await buildNpmPackage(resolve(process.argv[2] ?? join(REPO, 'image/out/release')))}\n`);
