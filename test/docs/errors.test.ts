// docs/errors.md is what the catalogue says; every code is used by some file of src.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ERRORS_FILE, errorsMarkdown } from '../../scripts/errors-docs.ts';
import { type CatalogueEntry, catalogue } from '../../src/base/errors/catalogue/index.ts';

const entries = Object.entries(catalogue) as [string, CatalogueEntry][];

describe('error catalogue', () => {
  test('docs/errors.md is up to date (make docs)', () => {
    expect(readFileSync(ERRORS_FILE, 'utf8')).toBe(errorsMarkdown());
  });

  test('every code says what to do', () => {
    expect(entries.filter(([, e]) => e.cure.length < 15).map(([code]) => code)).toEqual([]);
  });

  test('every code is thrown somewhere', () => {
    const source = readdirSync('src', { recursive: true, encoding: 'utf8' })
      .filter((f) => f.endsWith('.ts') && !f.startsWith('base/errors/catalogue'))
      .map((f) => readFileSync(join('src', f), 'utf8'))
      .join('\n');
    expect(entries.map(([code]) => code).filter((code) => !source.includes(`'${code}'`))).toEqual([]);
  });
});
