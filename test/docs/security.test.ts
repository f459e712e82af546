// docs/security.md: its table of what a message may choose is the list of dynamic properties, row by row, and every test that it names is there.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { connectors } from '../../src/connectors/index.ts';

const page = readFileSync('docs/security.md', 'utf8');
const cells = (line: string) => line.split(/(?<!\\)\|/).slice(1, -1).map((c) => c.trim()); // biome-ignore format: one thought
const rows = page
  .split('\n')
  .filter((l) => l.startsWith('| ') && !l.startsWith('|---'))
  .map(cells);

// @covers issue:13#1
it('the table of what a message may choose has one row for each dynamic property, with its kind', async () => {
  const declared: string[] = [];
  for (const entry of connectors) {
    const d = await entry.load();
    for (const s of [...(d.sink?.options ?? []), ...(d.source?.options ?? []), ...(d.lookup?.options ?? [])])
      if (s.dynamic) declared.push(`${entry.name} ${s.name} ${s.dynamic}`);
  }
  const listed = rows.filter((r) => r.length === 6 && r[0] !== 'Connector').map((r) => `${r[0]} ${r[1]!.replaceAll('`', '')} ${r[2]}`);
  expect(listed.sort()).toEqual([...new Set(declared)].sort());
});

it('every test that docs/security.md names is there', () => {
  const named = [...page.matchAll(/`(test\/[\w./-]+)(?: › ([^`]+))?`/g)];
  expect(named.length).toBeGreaterThan(20);
  for (const [, file, title] of named) {
    expect(existsSync(file!), file).toBe(true);
    if (title) expect(readFileSync(file!, 'utf8').replaceAll("\\'", "'"), `${file} › ${title}`).toContain(title);
  }
  // each row of the tables of values ends with its test
  for (const r of rows.filter(
    (r) => (r.length === 6 && r[0] !== 'Connector') || (r.length === 3 && r[2]!.startsWith('`test') && r[1]!.length > 12),
  ))
    expect(r.at(-1), r[0]).toMatch(/^`test\//);
});
