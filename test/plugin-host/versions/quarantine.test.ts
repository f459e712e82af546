// The list of plugins that ended the gateway: by name and content, durable, and gone after a release.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { createMemoryLog } from '../../../src/base/log.ts';
import { openQuarantine, type QuarantineEntry } from '../../../src/plugin-host/versions/quarantine.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-quarantine-'));
afterEach(() => rmSync(join(root, 'plugins'), { recursive: true, force: true }));
const file = join(root, 'plugins/quarantine.json');
const open = () => openQuarantine(file, createMemoryLog().log);
const entry = (plugin: string, hash: string, more: Partial<QuarantineEntry> = {}): QuarantineEntry =>
  ({ plugin, hash, reason: 'it ended the gateway', atMs: 1, ...more }) as QuarantineEntry;

// @covers issue:13#4
it('holds one content of one plugin; a new one gets its chance', () => {
  const list = open();
  expect(existsSync(file)).toBe(false);
  list.add(entry('functions/a', 'h1'));
  expect(list.find('functions/a', 'h1', 's')).toBeDefined();
  expect(list.find('functions/a', 'h2', 's')).toBeUndefined();
  expect(list.find('functions/b', 'h1', 's')).toBeUndefined();
  list.add(entry('functions/a', 'h3', { isolate: true } as Partial<QuarantineEntry>));
  expect(list.find('functions/a', 'h3', 's')).toBeUndefined();
  expect(list.isolated('functions/a', 'h3')).toBeDefined();
});

// @covers issue:13#4
it('is there after a start, and so is a release', () => {
  open().add(entry('functions/a', 'h1'));
  open().add(entry('functions/b', 'h1'));
  expect(open().find('functions/a', 'h1', 's')).toBeDefined();
  expect(open().release('functions/a')).toHaveLength(1);
  expect(open().find('functions/a', 'h1', 's')).toBeUndefined();
  expect(open().find('functions/b', 'h1', 's')).toBeDefined();
});

it('that is damaged is told, and starts anew', () => {
  open().add(entry('functions/a', 'h1'));
  writeFileSync(file, '[{');
  const memory = createMemoryLog();
  expect(openQuarantine(file, memory.log).find('functions/a', 'h1', 's')).toBeUndefined();
  expect(memory.lines.some((l) => l['code'] === 'QUARANTINE_READ')).toBe(true);
});
