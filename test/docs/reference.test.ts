// docs/reference is what the declarations say: a page for every connector, rule options, settings and REST.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REFERENCE_FOLDER, referencePages } from '../../scripts/reference-docs.ts';
import { connectors } from '../../src/connectors/index.ts';

const pages = await referencePages();

// @covers issue:18#1
// @covers finding:ease#B11
it('docs/reference is up to date (make docs)', () => {
  expect(readdirSync(REFERENCE_FOLDER).sort()).toEqual([...pages.keys()].sort());
  for (const [name, text] of pages) expect(readFileSync(join(REFERENCE_FOLDER, name), 'utf8'), name).toBe(text);
});

it('every connector has a page with each of its properties', async () => {
  for (const entry of connectors) {
    const page = pages.get(`connector-${entry.name}.md`)!;
    const d = await entry.load();
    for (const part of [d.source, d.sink, d.lookup, d.connection])
      for (const o of part?.options ?? []) expect(page, `${entry.name} ${o.name}`).toContain(`| \`${o.name}\` |`);
  }
});
