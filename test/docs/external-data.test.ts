// docs/external-data.md is the one place that names what a test may leave out.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const page = readFileSync('docs/external-data.md', 'utf8');
const tests = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((f) => f.endsWith('.ts'));
const read = (file: string) => readFileSync(`test/${file}`, 'utf8');

// @covers issue:15#3
it('every condition under which a test is left out stands in docs/external-data.md', () => {
  const conditions = new Set<string>();
  for (const file of tests)
    for (const [, condition] of read(file).matchAll(/\b(?:describe|it|test)\.(?:runIf|skipIf)\(([^()]+(?:\([^()]*\))?[^()]*)\)/g))
      conditions.add(condition!.trim());
  expect(conditions.size).toBeGreaterThan(3);
  expect([...conditions].filter((c) => !page.includes(`\`${c.replace(/ !?==.*$/, '')}\``))).toEqual([]);
});

it('every piece of outside data that a test asks for stands in docs/external-data.md with the test that reads it', () => {
  const asked = tests.flatMap((file) => [...read(file).matchAll(/externalData\('([^']+)'\)/g)].map((m) => ({ file, piece: m[1]! })));
  expect(asked.length).toBeGreaterThan(0);
  for (const { file, piece } of asked) {
    const row = page.split('\n').find((line) => line.startsWith(`| \`${piece}`));
    expect(row, `${piece} has no row`).toBeDefined();
    expect(row).toContain(`test/${file}`);
  }
});

// @covers finding:house#5
it('no file of the repository refers to a folder beside it', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0').filter(Boolean);
  expect(files.length).toBeGreaterThan(500);
  const beside = ['..', 'shared/'].join('/');
  const bad = files.filter((f) => {
    if (/\.(png|ico|tgz|gz|zst|svg|bin)$/.test(f)) return false;
    const text = readFileSync(f, 'utf8');
    for (let at = text.indexOf(beside); at >= 0; at = text.indexOf(beside, at + 1))
      if (text[at - 1] !== '/' || text[at - 2] === '.') return true;
    return false;
  });
  expect(bad).toEqual([]);
});
