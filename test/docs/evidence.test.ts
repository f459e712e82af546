// The scripts of evidence: known weaknesses of Debian packages with VEX, the bill of materials against a tree of files, the support period.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkSbom } from '../../image/sbom-check.ts';
import { isExplained, lockedPackages, sourcesOf, type Tracker, type VexStatement, vexProblems, weaknessesOf } from '../../scripts/cve.ts';
import { compareDebianVersions } from '../../scripts/lib/debian-version.ts';
import { supportOf, supportPeriods } from '../../src/base/support.ts';
import { runCli } from '../../src/cli/cli.ts';

const ROOT = join(import.meta.dirname, '../..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-evidence-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
const put = (path: string, text = '') => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};

describe("Debian's order of versions", () => {
  test.each([
    ['1.0', '1.0', 0],
    ['1.0', '1.1', -1],
    ['1.10', '1.9', 1],
    ['1.0~rc1', '1.0', -1],
    ['1.0~~', '1.0~', -1],
    ['1.0-1', '1.0-1+deb13u1', -1],
    ['1.0-1~bpo', '1.0-1', -1],
    ['1:0.5', '9.0', 1],
    ['1.0a', '1.0', 1],
    ['1.0+b', '1.0a', 1],
    ['2.36-9+deb12u10', '2.36-9+deb12u9', 1],
    ['0', '00', 0],
    ['6.12.107-1', '6.12.95-1', 1],
  ])('%s to %s', (a, b, expected) => {
    expect(Math.sign(compareDebianVersions(a, b))).toBe(expected);
    expect(Math.sign(compareDebianVersions(b, a))).toBe(expected === 0 ? 0 : -expected);
  });
});

describe('make cve', () => {
  const tracker: Tracker = {
    openssl: {
      'CVE-2026-0001': { releases: { trixie: { status: 'resolved', fixed_version: '3.5.2-1', urgency: 'high' } } },
      'CVE-2026-0002': { releases: { trixie: { status: 'open', urgency: 'medium' } } },
      'CVE-2026-0003': { releases: { trixie: { status: 'open', urgency: 'unimportant' } } },
      'CVE-2026-0004': { releases: { trixie: { status: 'resolved', fixed_version: '0' } } },
      'CVE-2026-0005': { releases: { bookworm: { status: 'open' } } },
    },
    zlib: { 'CVE-2026-0006': { releases: { trixie: { status: 'open' } } } },
  };
  const found = (version: string) => weaknessesOf(tracker, new Map([['openssl', version]])).map((w) => [w.cve, w.fixed]);

  // @covers issue:17#7
  test('names what is open, and what is corrected in a later version than ours', () => {
    expect(found('3.5.1-1')).toEqual([
      ['CVE-2026-0001', '3.5.2-1'],
      ['CVE-2026-0002', undefined],
    ]);
    expect(found('3.5.2-1')).toEqual([['CVE-2026-0002', undefined]]);
    expect(found('3.5.10-1')).toEqual([['CVE-2026-0002', undefined]]);
  });

  test('reads the lock, and the source package of each from the status of dpkg', () => {
    const lock = lockedPackages(readFileSync(join(ROOT, 'image/lock/packages.lock'), 'utf8'));
    expect(lock.size).toBeGreaterThan(150);
    expect(lock.get('adduser')).toBe('3.152');
    const sources = sourcesOf(
      'Package: libssl3t64\nStatus: install ok installed\nSource: openssl (3.5.1-1)\nVersion: 3.5.1-1+b1\n\nPackage: zlib1g\nSource: zlib\nVersion: 1:1.3\n\nPackage: bash\nVersion: 5\n',
    );
    expect([...sources]).toEqual([
      ['libssl3t64', { source: 'openssl', version: '3.5.1-1' }],
      ['zlib1g', { source: 'zlib', version: '1:1.3' }],
      ['bash', { source: 'bash', version: '5' }],
    ]);
  });

  test('leaves out what a statement explains, and takes no statement without a reason', () => {
    const [weakness] = weaknessesOf(tracker, new Map([['zlib', '1:1.3']]));
    const statement = (more: Partial<VexStatement> = {}): VexStatement => ({
      vulnerability: { name: 'CVE-2026-0006' },
      products: [{ '@id': 'pkg:deb/debian/zlib' }],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      impact_statement: 'minizip is not built into anything that we ship.',
      ...more,
    });
    expect(isExplained(weakness!, [statement()])).toBe(true);
    expect(isExplained(weakness!, [statement({ products: [{ '@id': 'pkg:deb/debian/zlib@1%3A1.3?arch=arm64' }] })])).toBe(true);
    expect(isExplained(weakness!, [statement({ products: [{ '@id': 'pkg:deb/debian/zlib@1.2' }] })])).toBe(false);
    expect(isExplained(weakness!, [statement({ status: 'under_investigation' })])).toBe(false);
    expect(isExplained(weakness!, [statement({ vulnerability: { name: 'CVE-2026-0007' } })])).toBe(false);
    expect(vexProblems([statement()])).toEqual([]);
    expect(vexProblems([statement({ justification: 'because' })])[0]).toContain('not_affected needs one of');
    expect(vexProblems([statement({ impact_statement: 'no' })]).length).toBe(1);
    expect(vexProblems([statement({ vulnerability: { name: 'bug' }, products: [] })]).length).toBe(2);
    const { statements } = JSON.parse(readFileSync(join(ROOT, 'docs/evidence/vex.json'), 'utf8')) as { statements: VexStatement[] };
    expect(vexProblems(statements)).toEqual([]);
  });

  test('ends with 1 and names the weakness when the data of the tracker has one', () => {
    put('tracker.json', JSON.stringify({ adduser: { 'CVE-2026-9999': { releases: { trixie: { status: 'open', urgency: 'high' } } } } }));
    const run = spawnSync(process.execPath, [join(ROOT, 'scripts/cve.ts'), '--tracker', join(folder, 'tracker.json')], {
      encoding: 'utf8',
      env: { ...process.env, npm_config_registry: 'http://127.0.0.1:9', npm_config_fetch_retries: '0' },
    });
    expect(run.stdout).toContain('CVE-2026-9999 adduser 3.152 (high): open');
    // and nobody answered for npm: that is said, and is not "none"
    expect(run.stdout).toContain('npm packages: NO ANSWER');
    expect(run.status).toBe(2);
  });
});

describe('the bill of materials', () => {
  const spdx = (...purls: string[]) => ({
    packages: purls.map((p) => ({ name: p, versionInfo: '', externalRefs: [{ referenceLocator: p }] })),
  });
  const OWN = '# comment\nusr/lib/kuiper/**   ours\n**/cache-*   made\n';
  const tree = () => {
    put(
      'var/lib/dpkg/status',
      'Package: bash\nStatus: install ok installed\nVersion: 5:2+b\n\nPackage: gone\nStatus: deinstall ok config-files\nVersion: 1\n',
    );
    put('var/lib/dpkg/info/bash.list', '/.\n/bin\n/bin/bash\n/var/lib/dpkg/status\n/var/lib/dpkg/info/bash.list\n');
    put('usr/bin/bash', 'x');
    put('usr/lib/kuiper/first-boot', 'x');
    put('usr/share/x/cache-1', 'x');
    put('opt/node/bin/node', 'x');
    put('opt/lib/node_modules/mqtt/package.json', '{"name":"mqtt","version":"5.0.0"}');
    put('opt/lib/node_modules/mqtt/build/index.js', 'x');
    put('opt/lib/node_modules/mqtt/node_modules/@a/b/package.json', '{"name":"@a/b","version":"1.0.0"}');
  };
  const whole = spdx('pkg:deb/debian/bash@5%3A2%2Bb?arch=arm64', 'pkg:npm/mqtt@5.0.0', 'pkg:npm/%40a/b@1.0.0', 'pkg:generic/node@26.0.0');

  // @covers issue:17#7
  test('that names everything in a tree of files finds nothing', () => {
    tree();
    expect(checkSbom(folder, whole, OWN)).toEqual({ files: 9, unlisted: [], absent: [], unexplained: [] });
  });

  test('is told what it lacks, what it has too much, and which files nobody explains', () => {
    tree();
    put('usr/bin/miner', 'x');
    put('opt/lib/node_modules/.hidden/x.js', 'x');
    put('opt/lib/node_modules/nameless/x.js', 'x');
    symlinkSync('/usr/bin/bash', join(folder, 'usr/bin/sh'));
    const bill = spdx('pkg:deb/debian/bash@5%3A1', 'pkg:npm/mqtt@5.0.0', 'pkg:generic/node@26.0.0', 'pkg:npm/left-over@1.0.0');
    const found = checkSbom(folder, bill, OWN);
    expect(found.unlisted).toEqual(['pkg:deb/debian/bash@5:2+b', 'pkg:npm/@a/b@1.0.0']);
    expect(found.absent).toEqual(['pkg:deb/debian/bash@5:1', 'pkg:npm/left-over@1.0.0']);
    expect(found.unexplained).toEqual([
      'opt/lib/node_modules/.hidden/x.js',
      'opt/lib/node_modules/nameless/x.js',
      'usr/bin/miner',
      'usr/bin/sh',
    ]);
  });

  test('is checked by a script that ends with 1 when something is wrong', () => {
    tree();
    writeFileSync(join(folder, '../bill.json'), JSON.stringify(spdx()));
    const run = spawnSync(process.execPath, [join(ROOT, 'image/sbom-check.ts'), '--root', folder, '--sbom', join(folder, '../bill.json')], {
      encoding: 'utf8',
    });
    rmSync(join(folder, '../bill.json'));
    expect(run.status).toBe(1);
    expect(run.stdout).toContain('in the image and not in the bill of materials');
    expect(run.stdout).toContain('pkg:npm/mqtt@5.0.0');
  });
});

describe('the support period', () => {
  test('of each version that SECURITY.md names is the one that the program prints', async () => {
    const rows = [...readFileSync(join(ROOT, 'SECURITY.md'), 'utf8').matchAll(/^\| (\d+\.\d+)[^|]*\| (yes|no)/gm)].map((m) => [m[1], m[2]]);
    expect(rows.length).toBeGreaterThan(0);
    expect(supportPeriods.map((p) => [p.minor, /no longer/.test(p.text) ? 'no' : 'yes'])).toEqual(rows);
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string };
    expect(supportOf(version)).not.toContain('not known');
    expect(supportOf('9.9.9')).toContain('not known');
    const lines: string[] = [];
    expect(await runCli(['--url', 'http://127.0.0.1:9', 'version'], {}, (t) => lines.push(t))).toBe(0);
    expect(lines[0]).toBe(`Kuiper Gateway ${version}, Node.js ${process.version}`);
    expect(lines[1]).toBe(supportOf(version));
    expect(lines[2]).toContain('does not answer');
  });
});
