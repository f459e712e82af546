// docs/sql-differences.md is generated from the list that the conformance runner holds answers against.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listedDifferences, readDifferences } from '../../scripts/lib/sql-differences.ts';
import { differencesPage } from '../../scripts/sql-differences.ts';

it('the page of differences between standard SQL and eKuiper is up to date (run `make docs`)', () => {
  expect(readFileSync('docs/sql-differences.md', 'utf8')).toBe(differencesPage());
});

it('every difference has its rule, what eKuiper does and the answer of an engine from outside; no vector is listed twice', () => {
  for (const d of readDifferences()) {
    expect(d.rule, d.id).toMatch(/\.$/);
    expect(d.ekuiper, d.id).toMatch(/\.$/);
    expect(d.outside.engine, d.id).not.toBe('');
    expect(d.outside.sql, d.id).not.toBe('');
    expect(d.outside.answer, d.id).not.toBe('');
  }
  const ids = readDifferences().map((d) => d.id);
  expect(new Set(ids).size).toBe(ids.length);
  const all = listedDifferences();
  expect(new Set(all).size).toBe(all.length);
});
