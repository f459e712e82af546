// Who is blamed when the heap of the gateway fills up, with a virtual clock and given figures.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createVirtualClock } from '../../../src/base/clock.ts';
import { createMemoryLog } from '../../../src/base/log.ts';
import { createGuard } from '../../../src/plugin-host/containment/guard.ts';
import { createMemoryWatch } from '../../../src/plugin-host/containment/memory-watch.ts';
import { openQuarantine } from '../../../src/plugin-host/versions/quarantine.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kuiper-memory-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function setUp() {
  const { log } = createMemoryLog();
  const clock = createVirtualClock();
  const guard = createGuard(log);
  const quarantine = openQuarantine(join(folder, 'q.json'), log);
  const facts = { usedBytes: 10, limitBytes: 100 };
  const ends: string[] = [];
  const watch = createMemoryWatch({ guard, quarantine, clock, log, facts: () => facts, end: (line) => ends.push(line) });
  const innocent = guard.add({ plugin: 'functions/a', version: '1', path: '/a.ts', hash: 'a' });
  const guilty = guard.add({ plugin: 'functions/b', version: '2', path: '/b.ts', hash: 'b' });
  watch.start();
  return { clock, guard, quarantine, facts, ends, watch, innocent, guilty, log };
}

test('the plugin that left most is quarantined on disk and named, and the process ends', async () => {
  const s = setUp();
  s.facts.usedBytes = 60;
  await s.clock.advance(200);
  expect(s.guard.short).toBe(true);
  s.guilty.grownBytes = 25;
  s.innocent.grownBytes = 3;
  s.facts.usedBytes = 90;
  await s.clock.advance(300);
  s.watch.stop();
  expect(s.ends[0]).toContain('functions/b');
  const again = openQuarantine(s.quarantine.file, s.log);
  expect(again.find('functions/b', 'b', '')?.reason).toContain('memory');
  expect(again.find('functions/a', 'a', '')).toBe(undefined);
});

test('nobody is blamed when no plugin left much, and a short peak is not a leak', async () => {
  const s = setUp();
  s.facts.usedBytes = 90;
  s.innocent.grownBytes = 3;
  await s.clock.advance(1000);
  s.facts.usedBytes = 20;
  await s.clock.advance(200);
  expect(s.guard.short).toBe(false);
  expect(s.innocent.grownBytes).toBe(0);
  s.watch.stop();
  expect(s.ends).toEqual([]);
});
