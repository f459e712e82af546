// Is every file of an image's root in its bill of materials? Files belong to a Debian package (dpkg's lists), to an npm package, to Node, or to what
// sbom-own.txt explains; packages on both sides must be the same, with their versions. `make sbom-check ROOT=DIR SBOM=FILE`. Exit 1: something is not.
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Spdx {
  packages: { name: string; versionInfo: string; externalRefs?: { referenceLocator: string }[] }[];
}

export interface SbomFindings {
  files: number;
  /** In the image, not in the bill. */
  unlisted: string[];
  /** In the bill, not in the image. */
  absent: string[];
  /** Files that nobody explains. */
  unexplained: string[];
}

/** @param own text of sbom-own.txt */
export function checkSbom(root: string, sbom: Spdx, own: string): SbomFindings {
  const listed = new Set(
    sbom.packages.flatMap((p) => (p.externalRefs ?? []).map((r) => decodeURIComponent(r.referenceLocator.split('?')[0]!))),
  );
  const found = new Set<string>();
  const owned = new Set<string>();
  const info = join(root, 'var/lib/dpkg/info');
  for (const [name, version] of installed(root)) found.add(`pkg:deb/debian/${name}@${version}`);
  for (const list of namesIn(info).filter((n) => n.endsWith('.list')))
    for (const line of readFileSync(join(info, list), 'utf8').split('\n')) for (const path of spellings(line)) owned.add(path);
  const patterns = own.split('\n').flatMap((line) => {
    const [, pattern] = /^([^#\s]\S*)\s+\S/.exec(line) ?? [];
    return pattern === undefined ? [] : [patternOf(pattern)];
  });
  const findings: SbomFindings = { files: 0, unlisted: [], absent: [], unexplained: [] };
  const walk = (below: string, npm: boolean) => {
    for (const entry of readdirSync(join(root, below), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) {
        walk(path, npm || entry.name === 'node_modules');
        continue;
      }
      findings.files++;
      if (npm) {
        const purl = npmPackageOf(root, path);
        if (purl === undefined) findings.unexplained.push(path);
        else found.add(purl);
        continue;
      }
      const node = path.endsWith('/node') && lstatSync(join(root, path)).isFile() && listedNode(listed);
      if (node) found.add(node);
      else if (!owned.has(path) && !patterns.some((p) => p.test(path))) findings.unexplained.push(path);
    }
  };
  walk('', false);
  findings.unlisted = [...found].filter((p) => !listed.has(p)).sort();
  findings.absent = [...listed].filter((p) => !found.has(p)).sort();
  return findings;
}

const listedNode = (listed: ReadonlySet<string>) => [...listed].find((p) => p.startsWith('pkg:generic/node@'));

/** dpkg's lists have /bin/x where the root has usr/bin/x. */
function spellings(line: string): string[] {
  const path = line.replace(/^\//, '');
  return /^(bin|sbin|lib|lib64)\//.test(path) ? [path, `usr/${path}`] : [path];
}

function installed(root: string): Map<string, string> {
  const status = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8');
  return new Map(
    status.split(/\n\n+/).flatMap((block): [string, string][] => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(block)?.[1];
      const [name, version] = [field('Package'), field('Version')];
      return name && version && field('Status') === 'install ok installed' ? [[name, version]] : [];
    }),
  );
}

/** Package URL of the npm package that a file lies in; undefined: of none. */
function npmPackageOf(root: string, path: string): string | undefined {
  const parts = path.split('/');
  const at = parts.lastIndexOf('node_modules');
  // .package-lock.json and .bin of npm itself
  if (parts[at + 1]?.startsWith('.')) return undefined;
  const name = parts[at + 1]!.startsWith('@') ? `${parts[at + 1]}/${parts[at + 2]}` : parts[at + 1]!;
  try {
    const folder = [...parts.slice(0, at + 1), ...name.split('/')].join('/');
    const { name: own, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as {
      name: string;
      version: string;
    };
    return `pkg:npm/${own}@${version}`;
  } catch {
    return undefined; // no package.json: nobody says whose it is
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function patternOf(text: string): RegExp {
  const source = text
    .split(/(\*\*\/|\*\*|\*)/)
    .map((p) => (p === '**/' ? '(?:.*/)?' : p === '**' ? '.*' : p === '*' ? '[^/]*' : p.replace(/[.+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}$`);
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { root: { type: 'string' }, sbom: { type: 'string' } } });
  if (!values.root || !values.sbom) throw new Error('usage: sbom-check.ts --root DIR --sbom FILE');
  const own = readFileSync(join(import.meta.dirname, 'sbom-own.txt'), 'utf8');
  const { files, unlisted, absent, unexplained } = checkSbom(values.root, JSON.parse(readFileSync(values.sbom, 'utf8')) as Spdx, own);
  for (const [what, list] of [
    ['in the image and not in the bill of materials', unlisted],
    ['in the bill of materials and not in the image', absent],
    ['files that no package and no reason explains', unexplained],
  ] as const)
    if (list.length > 0)
      console.log(
        `${list.length} ${what}:\n${list
          .slice(0, 200)
          .map((p) => `  ${p}`)
          .join('\n')}`,
      );
  console.log(`${files} files looked at.`);
  if (unlisted.length + absent.length + unexplained.length > 0) process.exitCode = 1;
}
