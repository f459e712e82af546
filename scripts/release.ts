// `make release VERSION=1.2.0 [STEPS=npm,plugins,deb,apt,image,sbom,sums] [KEY=file]`: the files of a release in image/out/release. VERSIONING.md says what a release is.
// Every step says what it made; one that fails ends the release. The changelog is gathered first, in the tree, for the commit that is tagged.
import { execFileSync } from 'node:child_process';
import { createHash, createPrivateKey, sign } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildNpmPackage } from './npm-package.ts';
import { buildPluginKit } from './plugin-kit.ts';

const REPO = resolve(import.meta.dirname, '..');
const ALL_STEPS = ['npm', 'plugins', 'deb', 'apt', 'image', 'sbom', 'sums'] as const;
type Step = (typeof ALL_STEPS)[number];

/** Entries of docs/changelog in order of their names. @returns the new text of CHANGELOG.md and the notes of this version */
export function gatherChangelog(
  changelog: string,
  fragments: readonly string[],
  version: string,
  date: string,
): { changelog: string; notes: string } {
  const heading = /^## .*\(unreleased\)$/m.exec(changelog);
  const at = heading?.index ?? changelog.search(/^## /m);
  if (at < 0) throw new Error('CHANGELOG.md has no section');
  const before = changelog.slice(0, at);
  const rest = heading ? changelog.slice(at + heading[0].length) : `\n\n${changelog.slice(at)}`;
  const end = heading ? rest.search(/^## /m) : 0;
  const own = heading ? (end < 0 ? rest : rest.slice(0, end)).trim() : '';
  const later = heading ? (end < 0 ? '' : rest.slice(end)) : rest.trimStart();
  const notes = [own, ...fragments.map((f) => f.trim())].filter(Boolean).join('\n');
  return { changelog: `${before}## ${version} (${date})\n\n${notes}\n${later ? `\n${later}` : ''}`, notes };
}

/** What apt reads of a folder of packages: `deb [signed-by=…] https://host/folder ./`. */
export function aptIndex(folder: string, packages: readonly { file: string; control: string }[], date: Date): void {
  const entries = packages.map(({ file, control }) => {
    const content = readFileSync(join(folder, file));
    const hash = createHash('sha256').update(content).digest('hex');
    return `${control.trim()}\nFilename: ./${file}\nSize: ${content.length}\nSHA256: ${hash}\n`;
  });
  const text = `${entries.join('\n')}\n`;
  writeFileSync(join(folder, 'Packages'), text);
  writeFileSync(join(folder, 'Packages.gz'), gzipSync(text, { level: 9 }));
  const lines = ['Packages', 'Packages.gz'].map((f) => {
    const content = readFileSync(join(folder, f));
    return ` ${createHash('sha256').update(content).digest('hex')} ${content.length} ${f}`;
  });
  writeFileSync(
    join(folder, 'Release'),
    `Origin: Kuiper Gateway\nLabel: Kuiper Gateway\nSuite: stable\nDate: ${date.toUTCString().replace('GMT', 'UTC')}\nSHA256:\n${lines.join('\n')}\n`,
  );
}

/** `<sha256>  <name>` of every file of the folder. */
export function checksumsOf(folder: string): string {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((f) => statSync(join(folder, f)).isFile() && !/^SHA256SUMS/.test(f))
    .sort()
    .map(
      (f) =>
        `${createHash('sha256')
          .update(readFileSync(join(folder, f)))
          .digest('hex')}  ${f}\n`,
    )
    .join('');
}

/** SPDX 2.3 of the npm packages that the lock file pins for production. */
export function sbomOf(
  lock: { packages: Record<string, { version?: string; dev?: boolean; license?: string; integrity?: string }> },
  version: string,
  createdAt: string,
): unknown {
  const packages = Object.entries(lock.packages)
    .filter(([path, p]) => path.startsWith('node_modules/') && !p.dev && p.version)
    .map(([path, p]) => {
      const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
      return {
        SPDXID: `SPDXRef-${`${name}-${p.version}`.replace(/[^A-Za-z0-9.-]/g, '-')}`,
        name,
        versionInfo: p.version,
        downloadLocation: 'NOASSERTION',
        licenseDeclared: p.license ?? 'NOASSERTION',
        externalRefs: [
          {
            referenceCategory: 'PACKAGE-MANAGER',
            referenceType: 'purl',
            referenceLocator: `pkg:npm/${name.replace('@', '%40')}@${p.version}`,
          },
        ],
      };
    });
  return {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name: `kuiper-gateway-${version}`,
    documentNamespace: `https://github.com/kuiper-gateway/kuiper-gateway/releases/${version}`,
    creationInfo: { created: createdAt, creators: ['Tool: kuiper-gateway scripts/release.ts'] },
    packages: [
      {
        SPDXID: 'SPDXRef-kuiper-gateway',
        name: 'kuiper-gateway',
        versionInfo: version,
        downloadLocation: 'NOASSERTION',
        licenseDeclared: 'Apache-2.0',
      },
      ...packages,
    ],
  };
}

async function release(version: string, steps: readonly Step[], key: string | undefined): Promise<void> {
  if (!/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version)) throw new Error(`VERSION=${version} is not a version such as 1.2.0`);
  const git = (...args: string[]) => execFileSync('git', args, { cwd: REPO, encoding: 'utf8' }).trim();
  if (git('status', '--porcelain') !== '') throw new Error('the work tree has changes that are not committed');
  // one time for everything: that of the commit
  const epochS = Number(git('log', '-1', '--format=%ct'));
  const date = new Date(epochS * 1000);
  const out = join(REPO, 'image/out/release');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out, { recursive: true });
  const say = (text: string) => process.stdout.write(`release: ${text}\n`);
  const folder = join(REPO, 'docs/changelog');
  const fragments = readdirSync(folder)
    .filter((f) => f.endsWith('.md') && f !== 'README.md')
    .sort();
  const { changelog, notes } = gatherChangelog(
    readFileSync(join(REPO, 'CHANGELOG.md'), 'utf8'),
    fragments.map((f) => readFileSync(join(folder, f), 'utf8')),
    version,
    date.toISOString().slice(0, 10),
  );
  writeFileSync(join(out, 'CHANGELOG.md'), changelog);
  writeFileSync(join(out, 'NOTES.md'), `${notes}\n`);
  say(
    `${fragments.length} fragments gathered; put image/out/release/CHANGELOG.md in place and remove the fragments in the commit that gets the tag v${version}`,
  );
  if (steps.includes('npm')) {
    say(basename(await buildNpmPackage(out, version)));
    const kit = buildPluginKit();
    copyFileSync(kit, join(out, basename(kit)));
    say(basename(kit));
  }
  if (steps.includes('plugins')) {
    const { packPlugin } = await import('../src/cli/plugin/pack.ts');
    for (const name of readdirSync(join(REPO, 'plugins/packages')).sort()) {
      const { zip, file } = await packPlugin(join(REPO, 'plugins/packages', name));
      const target = `plugin-${file.replace(/\.[cm]?[jt]s$/, '')}.zip`;
      writeFileSync(join(out, target), zip);
      say(target);
    }
  }
  // the version of the release, whatever package.json says; files of other versions that lie there are not of this release
  const build = (script: string) =>
    execFileSync(join(REPO, 'image', script), { cwd: REPO, stdio: 'inherit', env: { ...process.env, KUIPER_VERSION: version } });
  const take = (wanted: RegExp) => {
    const names = readdirSync(join(REPO, 'image/out')).filter((n) => wanted.test(n) && (n.includes(`_${version}_`) || !n.includes('_')));
    for (const name of names) {
      copyFileSync(join(REPO, 'image/out', name), join(out, name));
      say(name);
    }
  };
  if (steps.includes('deb')) {
    build('build-deb.sh');
    take(/\.deb$/);
  }
  if (steps.includes('apt')) {
    const apt = join(out, 'apt');
    mkdirSync(apt);
    const debs = readdirSync(out).filter((f) => f.endsWith('.deb'));
    if (debs.length === 0) throw new Error('the step apt needs the step deb');
    for (const f of debs) copyFileSync(join(out, f), join(apt, f));
    aptIndex(
      apt,
      debs.map((file) => ({ file, control: execFileSync('dpkg-deb', ['-f', join(apt, file)], { encoding: 'utf8' }) })),
      date,
    );
    say('apt/ serves as an apt repository');
  }
  if (steps.includes('image')) {
    build('build.sh');
    // Without a signer's key there is an image, and no update of devices that have another.
    if (existsSync(join(process.env['KUIPER_UPDATE_KEYS'] ?? join(REPO, 'image/.keys'), 'signer.key'))) build('bundle.sh');
    else say('no update bundle: make update-keys makes the keys, before the image');
    take(/\.(?:img\.zst|spdx\.json|raucb)$|^rpi-imager\.json$/);
  }
  if (steps.includes('sbom')) {
    const lock = JSON.parse(readFileSync(join(REPO, 'package-lock.json'), 'utf8')) as Parameters<typeof sbomOf>[0];
    writeFileSync(
      join(out, `kuiper-gateway-${version}.spdx.json`),
      `${JSON.stringify(sbomOf(lock, version, date.toISOString()), undefined, 1)}\n`,
    );
    say('bill of materials');
  }
  if (steps.includes('sums')) {
    const sums = checksumsOf(out);
    writeFileSync(join(out, 'SHA256SUMS'), sums);
    if (key !== undefined) {
      if (!existsSync(key)) throw new Error(`KEY=${key} does not exist`);
      writeFileSync(
        join(out, 'SHA256SUMS.sig'),
        `${sign(null, Buffer.from(sums), createPrivateKey(readFileSync(key))).toString('base64')}\n`,
      );
    }
    say(`SHA256SUMS${key === undefined ? ' (no signature: KEY=file with an Ed25519 key makes one)' : ' and its signature'}`);
  }
}

if (import.meta.main) {
  const [version = '', steps = '', key = ''] = process.argv.slice(2);
  const wanted = steps === '' ? ALL_STEPS : steps.split(',').map((s) => s.trim() as Step);
  const unknown = wanted.filter((s) => !ALL_STEPS.includes(s));
  if (unknown.length > 0) throw new Error(`no such step: ${unknown.join(', ')}; there are ${ALL_STEPS.join(', ')}`);
  await release(version, wanted, key === '' ? undefined : key);
}
