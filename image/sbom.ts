// The image's bill of materials in SPDX 2.3 JSON: every Debian package of the lock, every npm package that is shipped, Node.
// Called by build.sh; the same input gives the same bytes (the time is the build's epoch).
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Component {
  name: string;
  version: string;
  licence: string;
  /** Package URL (purl), by which scanners find it. */
  purl: string;
  sha256?: string;
}

/** Lines `name=version sha256`. */
export function debianComponents(lock: string): Component[] {
  const found: Component[] = [];
  for (const line of lock.split('\n')) {
    const match = /^([^#=\s]+)=(\S+) ([0-9a-f]{64})$/.exec(line);
    if (!match) continue;
    const [, name, version, sha256] = match as unknown as [string, string, string, string];
    found.push({ name, version, licence: 'NOASSERTION', purl: `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=arm64`, sha256 });
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
      const { name, version, license } = JSON.parse(text) as { name?: string; version?: string; license?: unknown };
      if (name && version) {
        found.push({
          name,
          version,
          licence: typeof license === 'string' ? license : 'NOASSERTION',
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
    licenseDeclared: /^[\w.+\-() ]+$/.test(c.licence) ? c.licence : 'NOASSERTION',
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
    packages,
    relationships: packages.map((p) => ({
      spdxElementId: 'SPDXRef-DOCUMENT',
      relationshipType: 'DESCRIBES',
      relatedSpdxElement: p.SPDXID,
    })),
  };
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      lock: { type: 'string' },
      npm: { type: 'string' },
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
  const components = [...debianComponents(readFileSync(lock, 'utf8')), ...(await npmComponents(npm)), node];
  writeFileSync(out, `${JSON.stringify(toSpdx(components, version, Number(epoch)), null, 2)}\n`);
}

if (import.meta.main) await main();
