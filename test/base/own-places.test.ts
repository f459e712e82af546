// Places of the gateway that move while it runs.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { ownPlaces } from '../../src/base/files/own-places.ts';

const root = mkdtempSync(join(tmpdir(), 'kuiper-places-'));
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(root, { recursive: true, force: true });
});

// @covers issue:13#1
test('a folder that became the configuration is no target a second later', async () => {
  let nowMs = 1000;
  vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  mkdirSync(join(root, 'data/moved/sub'), { recursive: true });
  const places = ownPlaces(root);
  expect(await places.writeRefusal(join(root, 'data/moved/sub'), 'x')).toBeUndefined();
  symlinkSync(join(root, 'data/moved'), join(root, 'etc'));
  nowMs += 1001;
  expect(await places.writeRefusal(join(root, 'data/moved/sub'), 'x')).toContain('belongs to the gateway');
  expect(await places.readRefusal(join(root, 'data/moved/sub/x'))).toContain('belongs to the gateway');
});
