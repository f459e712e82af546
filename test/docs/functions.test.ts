// docs/functions/ is generated from the definitions: every function is on its page with every example, and nothing else is there.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FOLDER, functionPages } from '../../scripts/functions-docs.ts';
import { builtinFunctions } from '../../src/functions/index.ts';

describe('docs/functions', () => {
  const pages = functionPages();

  it('has the pages of the definitions and no others (run `make docs`)', () => {
    expect(readdirSync(FOLDER).sort()).toEqual([...pages.keys()].sort());
  });

  it.each([...pages.keys()])('%s is up to date (run `make docs`)', (name) => {
    expect(readFileSync(join(FOLDER, name), 'utf8')).toBe(pages.get(name));
  });

  it('describes every function and alias', () => {
    const index = pages.get('README.md')!;
    for (const definition of builtinFunctions()) {
      expect(pages.get(`${definition.group}.md`)).toContain(`## ${definition.name}\n`);
      for (const name of [definition.name, ...(definition.aliases ?? [])]) expect(index).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });
});
