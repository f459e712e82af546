// docs/parity/promises.md is printed from the tags in the tests; every promise and finding has a test or says why it has none.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { promisesPage, readPromises, taggedTests } from '../../scripts/promises.ts';

const sections = readPromises();
const tests = taggedTests(['test']);
const entries = sections.flatMap((s) => Object.entries(s.entries));

describe('docs/parity/promises.md', () => {
  // @covers issue:14#10
  it('is what the tags in the tests say (run make docs)', () => {
    expect(readFileSync('docs/parity/promises.md', 'utf8')).toBe(promisesPage(sections, tests));
  });

  it('every promise and finding has a test, or says why it has none', () => {
    expect(entries.length).toBeGreaterThan(70);
    expect(entries.filter(([id, { missing }]) => !tests.has(id) && !missing).map(([id]) => id)).toEqual([]);
  });

  it('what has a test is not called missing', () => {
    expect(entries.filter(([id, { missing }]) => tests.has(id) && missing !== undefined).map(([id]) => id)).toEqual([]);
  });

  it('no test carries a tag that stands for nothing', () => {
    const known = new Set(entries.map(([id]) => id));
    expect([...tests.keys()].filter((id) => !known.has(id))).toEqual([]);
  });

  it('each tag stands above a test', () => {
    for (const [id, list] of tests) for (const t of list) expect(`${id} ${t.file}: ${t.name}`).toMatch(/: .+/);
  });
});
