// Defaults that changed are named at the first start after an upgrade, once, and not in a root that is new.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryLog } from '../../src/base/log.ts';
import { changedDefaults, changedSince, isOldRoot } from '../../src/daemon/changed-defaults.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'defaults-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a root of 0.1.0 is told every default that changed, once', () => {
  writeFileSync(join(folder, 'gateway-id'), 'x');
  expect(isOldRoot(folder)).toBe(true);
  const { log, lines } = createMemoryLog();
  expect(changedSince(folder, isOldRoot(folder), log)).toEqual(changedDefaults);
  const text = JSON.stringify(lines);
  for (const word of ['contained', '1 MB', 'data/uploads', 'sqlCompatibility: ekuiper', 'basic.rowBudget']) expect(text).toContain(word);
  expect(changedSince(folder, true, log)).toEqual([]);
});

test('a new root is told nothing, and later versions know where it stands', () => {
  const { log } = createMemoryLog();
  expect(isOldRoot(folder)).toBe(false);
  expect(changedSince(folder, false, log)).toEqual([]);
  expect(readFileSync(join(folder, 'changed-defaults'), 'utf8')).toBe('5\n');
  const more = [...changedDefaults, { n: 6, what: 'new', keep: 'old' }];
  expect(changedSince(folder, true, log, more).map((c) => c.n)).toEqual([6]);
});

test('a damaged file means that all are named again', () => {
  writeFileSync(join(folder, 'changed-defaults'), 'x');
  expect(changedSince(folder, true, createMemoryLog().log)).toHaveLength(changedDefaults.length);
});

test('numbers count up and are used once', () => {
  expect(changedDefaults.map((c) => c.n)).toEqual(changedDefaults.map((_c, i) => i + 1));
});
