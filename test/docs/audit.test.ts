// Papers of what is shipped: every package has a licence text, and `make audit` never takes silence for safety.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { licenceFile, packageLicences } from '../../image/lib/licences.ts';
import { auditResult } from '../../scripts/audit.ts';

// @covers issue:13#8
it('every package that is shipped has a licence text, and the file of licences holds each', () => {
  const lock = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
    packages: Record<string, { dev?: boolean; optional?: boolean; version?: string }>;
  };
  const shipped = new Set(Object.entries(lock.packages).flatMap(([path, p]) => (path !== '' && !p.dev && !p.optional ? [`${path.split('node_modules/').at(-1)} ${p.version}`] : []))); // biome-ignore format: one line
  const found = packageLicences('node_modules').filter((p) => shipped.has(`${p.name} ${p.version}`));
  expect(new Set(found.map((p) => `${p.name} ${p.version}`)).size).toBe(shipped.size);
  const text = licenceFile(found);
  for (const p of found) {
    expect(text).toContain(`${p.name} ${p.version} (${p.licence})`);
    expect(text).toContain(p.texts[0]);
  }
  expect(found.length).toBeGreaterThan(50);
});

it('a package without a text fails the build and is named; equal texts stand once; notices go along', () => {
  const dir = mkdtempSync(join(tmpdir(), 'kuiper-licences-'));
  const put = (name: string, files: Record<string, string>) => {
    mkdirSync(join(dir, name), { recursive: true });
    writeFileSync(join(dir, name, 'package.json'), JSON.stringify({ name, version: '1.0.0', license: 'MIT' }));
    for (const [file, content] of Object.entries(files)) writeFileSync(join(dir, name, file), content);
  };
  put('a', { LICENSE: 'same text', NOTICE: 'by a' });
  put('b', { 'LICENSE-MIT.md': 'other text' });
  put('@c/d', { 'licence.txt': 'other text\r\n' });
  const text = licenceFile(packageLicences(dir));
  expect(text.split('other text').length).toBe(2);
  expect(text).toContain('@c/d 1.0.0 (MIT)\nb 1.0.0 (MIT)\n\nother text');
  expect(text).toContain('same text\n\nby a');
  put('@redis/client', {});
  expect(licenceFile(packageLicences(dir))).toMatch(
    /@redis\/client 1.0.0 \(MIT\)\n\nMIT License\n\nCopyright \(c\) 2022-2025, Redis, inc.\n\nPermission is/,
  );
  put('b-linux-arm64-gnu', {});
  expect(licenceFile(packageLicences(dir))).toContain('b-linux-arm64-gnu 1.0.0 (MIT)\nb 1.0.0 (MIT)\n\nother text');
  put('bare', {});
  put('empty', { LICENSE: ' \n' });
  expect(() => licenceFile(packageLicences(dir))).toThrow('no licence text in: bare@1.0.0 (MIT), empty@1.0.0 (MIT)');
  rmSync(dir, { recursive: true });
});

// @covers issue:13#8
it.each([
  ['', 2, 'NO ANSWER'],
  ['npm error audit endpoint returned an error', 2, 'NO ANSWER'],
  ['{"message":"405 Method Not Allowed","error":{"summary":"","code":"E405"}}', 2, 'NO ANSWER (E405)'],
  ['{"vulnerabilities":null}', 2, 'NO ANSWER'],
  ['{}', 2, 'NO ANSWER'],
  ['{"vulnerabilities":{}}', 0, 'no advisories'],
  [
    '{"vulnerabilities":{"ws":{"severity":"high","range":"<8.17.1","via":[{"title":"DoS","url":"https://x/1"},"mqtt"],"fixAvailable":true}}}',
    1,
    'ws <8.17.1 (high): DoS https://x/1; through mqtt; a fixed version is there',
  ],
])('make audit takes %j as exit %i', (output, exitCode, part) => {
  const result = auditResult('shipped', output);
  expect(result.exitCode).toBe(exitCode);
  expect(result.lines.join('\n')).toContain(part);
});
