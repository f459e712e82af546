// A plugin as the zip that gateways install: one file of code (bundled when it imports), metadata, conf keys, runtime files, licence texts of what is
// bundled, and a list of checksums. Called by pack, install and dev. Next: src/service/plugins/read-package.ts (what a gateway takes).
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, extname, join, relative, sep } from 'node:path';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { type ArchiveEntry, type PluginFileFacts, pluginNameOf, symbolOf, writeArchive } from '../../plugin-host/index.ts';
import { readPackage } from '../../service/plugins/read-package.ts';
import { CliError } from '../cli-error.ts';
import type { BundledPackage } from './bundle.ts';
import { type CheckResult, checkPlugin, shownCheck } from './check.ts';

export interface Packed {
  zip: Buffer;
  facts: PluginFileFacts;
  /** Path of the plugin file in it, with its version. */
  file: string;
  entries: readonly ArchiveEntry[];
  /** What the check said. */
  shown: string;
}

/** Checks and packs. @throws CliError with every problem */
export async function packPlugin(given: string | undefined): Promise<Packed> {
  const result = await checkPlugin(given);
  if (result.problems.length > 0 || !result.facts) throw new CliError(shownCheck(result), 'failed');
  return { ...packChecked(result, result.facts), shown: shownCheck(result) };
}

function packChecked({ place, bundle }: CheckResult, facts: PluginFileFacts): Omit<Packed, 'shown'> {
  const { file, folder, project } = place;
  const name = basename(file);
  const extension = bundle ? '.mjs' : extname(name);
  // a version in the file's name wins; else the project's
  const stem = name.slice(0, -extname(name).length);
  const version = stem.includes('@') || !project?.version ? '' : `@v${project.version}`;
  const target = `${stem}${version}${extension}`;
  const entries: ArchiveEntry[] = [{ path: target, content: bundle ? Buffer.from(bundle.code) : readFileSync(file) }];
  const metadata = [facts.name, symbolOf(facts.name)].map((s) => `${s}.json`).find((f) => existsSync(join(folder, f)));
  entries.push({
    path: `${facts.name}.json`,
    content: metadata ? readFileSync(join(folder, metadata)) : Buffer.from(`${JSON.stringify(metadataOf(facts), undefined, 2)}\n`),
  });
  const confKeys = [facts.name, symbolOf(facts.name)].map((s) => `${s}.yaml`).find((f) => existsSync(join(folder, f)));
  if (confKeys) entries.push({ path: `${facts.name}.yaml`, content: readFileSync(join(folder, confKeys)) });
  if (project && existsSync(join(folder, 'README.md')))
    entries.push({ path: 'README.md', content: readFileSync(join(folder, 'README.md')) });
  const etc = join(folder, 'etc');
  if (existsSync(etc))
    for (const e of readdirSync(etc, { recursive: true, withFileTypes: true })) {
      if (!e.isFile()) continue;
      const path = join(e.parentPath, e.name);
      entries.push({ path: relative(folder, path).split(sep).join('/'), content: readFileSync(path) });
    }
  for (const [path, specifier] of Object.entries(project?.files ?? {}))
    entries.push({ path, content: packageFile(folder, path, specifier) });
  if (bundle && bundle.packages.length > 0)
    entries.push({ path: 'THIRD-PARTY-LICENSES.txt', content: Buffer.from(licencesOf(bundle.packages)) });
  const [first, ...rest] = entries;
  const all = [first!, ...rest.sort((a, b) => (a.path < b.path ? -1 : 1))];
  all.push({ path: 'SHA256SUMS', content: Buffer.from(checksums(all)) });
  const zip = writeArchive(all);
  try {
    readPackage(facts.kind, facts.name, zip);
  } catch (error) {
    throw new CliError(`${name} cannot be packed: ${messageOf(error)}`, 'failed');
  }
  return { zip, facts, file: target, entries: all };
}

/** A file of a package, as WebAssembly is. @throws CliError that names the entry of package.json */
function packageFile(folder: string, path: string, specifier: string): Buffer {
  const where = `package.json: "kuiper": {"files": {"${path}": "${specifier}"}}`;
  if (!/^etc\/[^/]/.test(path) || path.split('/').includes('..'))
    throw new CliError(`${where}: runtime files lie below etc/, as "etc/engine.wasm"`, 'failed');
  try {
    return readFileSync(createRequire(join(folder, 'package.json')).resolve(specifier));
  } catch (error) {
    throw new CliError(`${where}: ${messageOf(error).split('\n')[0]}; run npm install in the plugin's folder`, 'failed');
  }
}

/** The list that signatures are over, too: docs/plugins/signing.md. */
export function checksums(entries: readonly ArchiveEntry[]): string {
  return entries
    .filter(({ path }) => path !== 'SHA256SUMS' && path !== 'plugin.sig')
    .map(({ path, content }) => ({ path: Buffer.from(path), line: `${createHash('sha256').update(content).digest('hex')}  ${path}\n` }))
    .sort((a, b) => Buffer.compare(a.path, b.path))
    .map(({ line }) => line)
    .join('');
}

/** Metadata in eKuiper's form, for a plugin that brings none. */
function metadataOf({ kind, doc, version, functions }: PluginFileFacts): unknown {
  const about = {
    trial: false,
    author: { name: '', email: '', company: '', website: '' },
    helpUrl: { en_US: '' },
    description: { en_US: doc },
  };
  return {
    ...(version ? { version } : {}),
    about,
    ...(kind === 'functions'
      ? {
          functions: functions.map((symbol) => ({
            name: pluginNameOf(symbol),
            example: `${pluginNameOf(symbol)}(…)`,
            hint: { en_US: doc },
          })),
        }
      : {}),
  };
}

function licencesOf(packages: readonly BundledPackage[]): string {
  return packages
    .map(
      ({ name, version, license, text }) =>
        `${name} ${version}\nLicence: ${license}\n\n${text || 'The package brings no text of its licence.'}\n`,
    )
    .join(`\n${'-'.repeat(80)}\n\n`);
}
