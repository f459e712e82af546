// The licence texts of everything that is shipped: one file beside the program, equal texts once. Called by program.sh: licences.ts NODE_MODULES OUT.
// A package without a text fails the build: most licences ask that their text goes along.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface PackageLicence {
  name: string;
  version: string;
  /** As package.json says. */
  licence: string;
  /** Whole texts of LICENSE, COPYING and NOTICE files. */
  texts: string[];
}

const TEXT_FILE = /^(licen[cs]e|copying|notice|unlicense)([-._].*)?$/i;

/** Every package below a node_modules folder, nested ones too. */
export function packageLicences(modules: string): PackageLicence[] {
  const found: PackageLicence[] = [];
  for (const entry of readdirSync(modules, { withFileTypes: true })) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const path = join(modules, entry.name);
    if (entry.name.startsWith('@')) found.push(...packageLicences(path));
    else found.push(...packageAt(path));
  }
  return found;
}

function packageAt(path: string): PackageLicence[] {
  const files = readdirSync(path);
  const found: PackageLicence[] = [];
  if (files.includes('package.json')) {
    const { name, version, license, licenses } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Record<string, unknown>;
    if (typeof name === 'string' && typeof version === 'string')
      found.push({
        name,
        version,
        licence: licenceName(license ?? licenses),
        texts: textsIn(path, name, files),
      });
  }
  if (files.includes('node_modules')) found.push(...packageLicences(join(path, 'node_modules')));
  return found;
}

function textsIn(path: string, name: string, files: readonly string[]): string[] {
  const read = (f: string) => readFileSync(join(path, f), 'utf8').replaceAll('\r\n', '\n').trim();
  const own = files.filter((f) => TEXT_FILE.test(f)).sort();
  if (own.length > 0) return own.map(read);
  const holder = LEFT_OUT[name];
  return holder ? [`MIT License\n\nCopyright (c) ${holder}\n\n${MIT}`] : [];
}

/** Packages under the MIT licence whose archive has no text: who holds the copyright, as the LICENSE of the repository says. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  '@redis/client': '2022-2025, Redis, inc.',
  // in their README only, which is not shipped
  'pg-types': '2014 Brian M. Carlson',
  pgpass: '2013-2016 Hannes Hörl',
};
const BINARY_OF = /-linux-(x64|arm64)(-gnu|-musl)?$/;
const MIT = readFileSync(join(import.meta.dirname, 'licence-mit.txt'), 'utf8').trim();

/** Of package.json, in any of the forms that there are. */
export function licenceName(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map(licenceName).join(' OR ');
  const type = (value as { type?: unknown } | null)?.type;
  return typeof type === 'string' ? type : 'NOASSERTION';
}

/** @throws Error naming the packages without a text */
export function licenceFile(found: readonly PackageLicence[]): string {
  const textsOf = new Map(found.map((p) => [p.name, p.texts]));
  // the binary of a package for one kind of machine is under the package's own licence
  const packages = found.map((p) => ({ ...p, texts: p.texts.length > 0 ? p.texts : (textsOf.get(p.name.replace(BINARY_OF, '')) ?? []) }));
  const bare = packages.filter((p) => p.texts.every((t) => t === ''));
  if (bare.length > 0) throw new Error(`no licence text in: ${bare.map((p) => `${p.name}@${p.version} (${p.licence})`).join(', ')}`);
  const byText = new Map<string, string[]>();
  for (const p of [...packages].sort((a, b) => (a.name + a.version < b.name + b.version ? -1 : 1))) {
    const text = p.texts.join('\n\n');
    byText.set(text, [...(byText.get(text) ?? []), `${p.name} ${p.version} (${p.licence})`]);
  }
  const parts = [...byText].map(([text, names]) => `${[...new Set(names)].join('\n')}\n\n${text}\n`);
  return ['Licences of the packages that Kuiper Gateway is shipped with. Node.js: bin/LICENSE.node.\n', ...parts].join(
    `\n${'-'.repeat(80)}\n\n`,
  );
}

if (import.meta.main) {
  const [modules, out] = process.argv.slice(2) as [string, string];
  writeFileSync(out, licenceFile(packageLicences(resolve(modules))));
}
