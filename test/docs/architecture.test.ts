// ARCHITECTURE.md names only files and folders that exist; folders import in one direction; files of src are short enough to be read whole.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { circleFree, circles, readEdges, rows, upward } from '../../scripts/layers.ts';

describe('ARCHITECTURE.md', () => {
  it('names only files that exist', () => {
    const text = readFileSync('ARCHITECTURE.md', 'utf8');
    const paths = [...text.matchAll(/`((?:src|test|docs|scripts|bench|plugins|etc|image|systemd)\/[\w./-]+)`/g)].map((m) => m[1]!);
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((p) => !existsSync(p))).toEqual([]);
  });

  it('is at most 200 lines', () => {
    expect(readFileSync('ARCHITECTURE.md', 'utf8').split('\n').length).toBeLessThanOrEqual(200);
  });
});

describe('layers', () => {
  it('have no upward import', () => {
    expect(upward(readEdges()).map((e) => `${e.from} → ${e.to} in ${e.file}`)).toEqual([]);
  });

  // @covers issue:14#2
  it('hold no circle of imports below src/runtime', () => {
    expect(circleFree).toContain('src/runtime');
    expect(circleFree.flatMap(circles)).toEqual([]);
  });

  it('show a circle where there is one', () => {
    expect(circles('test/docs/circle')).toEqual([['test/docs/circle/a.ts', 'test/docs/circle/b.ts']]);
  });

  it('list every folder of src', () => {
    const folders = readdirSync('src', { withFileTypes: true })
      .filter((e) => e.isDirectory())
      .map((e) => e.name);
    expect(folders.filter((f) => !rows.flat().includes(f))).toEqual([]);
  });
});

/** A longer file holds two subjects: one of them moves out. */
const MOST_LINES = 400;

// @covers issue:14#10
it('no file of src has more than 400 lines', () => {
  const files = readdirSync('src', { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile() && e.name.endsWith('.ts'))
    .map((e) => join(e.parentPath, e.name));
  expect(files.length).toBeGreaterThan(300);
  const lines = (file: string) => readFileSync(file, 'utf8').trimEnd().split('\n').length;
  expect(lines('src/runtime/rule/rule.ts')).toBeGreaterThan(100);
  expect(files.filter((f) => lines(f) > MOST_LINES).map((f) => `${f}: ${lines(f)} lines`)).toEqual([]);
});
