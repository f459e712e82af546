// The image's bill of materials in SPDX 2.3 JSON: every Debian package of the lock, every npm package that is shipped, Node.
// Called by build.sh; the same input gives the same bytes (the time is the build's epoch).
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { debianLicence, type OwnLicence } from './lib/debian-licences.ts';
import { licenceName } from './lib/licences.ts';

interface Component {
  name: string;
  version: string;
  licence: string;
  /** Licences of it that SPDX has no name for. */
  own?: readonly OwnLicence[];
  /** Package URL (purl), by which scanners find it. */
  purl: string;
  sha256?: string;
}

/** Lines `name=version sha256`. @param copyright text of a package's copyright file */
export function debianComponents(lock: string, copyright: (name: string) => string | undefined = () => undefined): Component[] {
  const found: Component[] = [];
  for (const line of lock.split('\n')) {
    const match = /^([^#=\s]+)=(\S+) ([0-9a-f]{64})$/.exec(line);
    if (!match) continue;
    const [, name, version, sha256] = match as unknown as [string, string, string, string];
    const text = copyright(name);
    const { expression, own } = text === undefined ? { expression: 'NOASSERTION', own: [] } : debianLicence(name, text);
    found.push({
      name,
      version,
      licence: expression,
      own,
      purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=arm64`,
      sha256,
    });
  }
  return found;
}

/** Every package.json with name and version below a node_modules folder. */
export async function npmComponents(dir: string): Promise<Component[]> {
  const found: Component[] = [];
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const path = join(dir, entry.name);
    if (entry.name.startsWith('@')) {
      found.push(...(await npmComponents(path)));
      continue;
    }
    const text = await readFile(join(path, 'package.json'), 'utf8').catch(() => undefined); // a folder without one is no package
    if (text !== undefined) {
      const { name, version, license, licenses } = JSON.parse(text) as Record<'name' | 'version', string | undefined> &
        Record<string, unknown>;
      if (name && version) {
        found.push({
          name,
          version,
          licence: licenceName(license ?? licenses),
          purl: `pkg:npm/${name.replace('@', '%40')}@${version}`,
        });
      }
    }
    const inner = join(path, 'node_modules');
    if ((await readdir(path)).includes('node_modules')) found.push(...(await npmComponents(inner)));
  }
  return found;
}

/** @param epochS seconds, the build's SOURCE_DATE_EPOCH */
export function toSpdx(components: readonly Component[], version: string, epochS: number): object {
  const sorted = [...new Map(components.map((c) => [c.purl, c])).values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
  const digest = createHash('sha256')
    .update(sorted.map((c) => c.purl).join('\n'))
    .digest('hex');
  const packages = sorted.map((c, i) => ({
    SPDXID: `SPDXRef-Package-${i + 1}`,
    name: c.name,
    versionInfo: c.version,
    downloadLocation: 'NOASSERTION',
    filesAnalyzed: false,
    licenseConcluded: 'NOASSERTION',
    licenseDeclared: c.licence,
    copyrightText: 'NOASSERTION',
    ...(c.sha256 ? { checksums: [{ algorithm: 'SHA256', checksumValue: c.sha256 }] } : {}),
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: c.purl }],
  }));
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `kuiper-gateway-${version}-arm64`,
    documentNamespace: `https://kuiper-gateway.invalid/spdx/${version}/${digest}`,
    creationInfo: { created: new Date(epochS * 1000).toISOString().replace('.000', ''), creators: ['Tool: kuiper-gateway image/sbom.ts'] },
    hasExtractedLicensingInfos: sorted.flatMap((c) => (c.own ?? []).map(({ id, text }) => ({ licenseId: id, extractedText: text }))),
    packages,
    relationships: packages.map((p) => ({
      spdxElementId: 'SPDXRef-DOCUMENT',
      relationshipType: 'DESCRIBES',
      relatedSpdxElement: p.SPDXID,
    })),
  };
}

/** Names of what has no licence: a build with one of them fails. */
export const withoutLicence = (components: readonly Component[]): string[] =>
  components.filter((c) => !/^[\w.+\-() ]+$/.test(c.licence) || c.licence.includes('NOASSERTION')).map((c) => c.name);

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lock: { type: 'string' },
      npm: { type: 'string' },
      /** Folders with usr/share/doc: the root, and packages that were only unpacked. */
      docs: { type: 'string', multiple: true, default: [] },
      version: { type: 'string' },
      epoch: { type: 'string' },
      out: { type: 'string' },
    },
  });
  const { lock, npm, version, epoch, out } = values;
  if (!lock || !npm || !version || !epoch || !out) throw new Error('usage: sbom.ts --lock FILE --npm DIR --version V --epoch S --out FILE');
  const node: Component = {
    name: 'node',
    version: process.version.slice(1),
    licence: 'MIT',
    purl: `pkg:generic/node@${process.version.slice(1)}`,
  };
  const copyright = (name: string) => {
    const file = values.docs.map((dir) => join(dir, 'usr/share/doc', name, 'copyright')).find((path) => existsSync(path));
    return file === undefined ? undefined : readFileSync(file, 'utf8');
  };
  const components = [...debianComponents(readFileSync(lock, 'utf8'), copyright), ...(await npmComponents(npm)), node];
  const bare = withoutLicence(components);
  if (bare.length > 0) throw new Error(`no licence is known of: ${bare.join(', ')}`);
  writeFileSync(out, `${JSON.stringify(toSpdx(components, version, Number(epoch)), null, 2)}\n`);
}

if (import.meta.main) await main();
