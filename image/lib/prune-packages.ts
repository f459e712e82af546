// Takes packages out of node_modules that only a build needs: what is not reached from the dependencies of package.json when the edges to
// install helpers are cut. Fewer packages, fewer advisories that mean nothing. Called by program.sh: prune-packages.ts NODE_MODULES PACKAGE_JSON.
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Used by install scripts only, which are not run: the addons are built or chosen by program.sh. */
const INSTALL_HELPERS: Readonly<Record<string, readonly string[]>> = {
  sqlite3: ['prebuild-install', 'tar', 'node-addon-api', 'node-gyp'],
  '@serialport/bindings-cpp': ['node-addon-api'],
};

interface PackageJson {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const readJson = (file: string): PackageJson => JSON.parse(readFileSync(file, 'utf8')) as PackageJson;

/** Folders of packages below a node_modules, nested ones too. */
function packagesBelow(modules: string): string[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules).flatMap((name) => {
    if (name.startsWith('.')) return [];
    const names = name.startsWith('@') ? readdirSync(join(modules, name)).map((n) => `${name}/${n}`) : [name];
    return names.flatMap((n) => [join(modules, n), ...packagesBelow(join(modules, n, 'node_modules'))]);
  });
}

/** Where Node finds a package that is asked for in a folder. @param modules the folder of all; it may have another name while it is made */
function find(from: string, name: string, modules: string): string | undefined {
  for (let folder = from; folder.length > modules.length; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
  }
  const found = join(modules, name);
  return existsSync(join(found, 'package.json')) ? found : undefined;
}

/** @returns names of packages that were removed, as paths below node_modules */
export function prunePackages(modules: string, packageJson: string): string[] {
  const kept = new Set<string>();
  const queue = Object.keys(readJson(packageJson).dependencies ?? {}).flatMap((name) => find(modules, name, modules) ?? []);
  for (let folder = queue.pop(); folder !== undefined; folder = queue.pop()) {
    if (kept.has(folder)) continue;
    kept.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = readJson(join(folder, 'package.json'));
    const nested = folder.lastIndexOf('/node_modules/');
    const own = nested >= modules.length ? folder.slice(nested + '/node_modules/'.length) : folder.slice(modules.length + 1);
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      if (INSTALL_HELPERS[own]?.includes(name)) continue;
      const found = find(folder, name, modules);
      if (found !== undefined) queue.push(found);
    }
  }
  const removed = packagesBelow(modules).filter((folder) => ![...kept].some((k) => k === folder || k.startsWith(`${folder}/`)));
  for (const folder of removed) rmSync(folder, { recursive: true, force: true });
  return removed.map((folder) => folder.slice(modules.length + 1));
}

if (import.meta.main) {
  const removed = prunePackages(resolve(process.argv[2]!), resolve(process.argv[3]!));
  process.stdout.write(`${removed.length} packages of the build are left out: ${removed.join(', ')}\n`);
}
