// ARCHITECTURE.md names every file that one MQTT message passes, and no other: counted by V8 in a process of its own.
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

/** Files on the way of one message. May only fall: the goal is 14 (see docs/adr/0017). */
const MOST = 43;

// @covers issue:14#5
it('ARCHITECTURE.md names the files that one MQTT message passes, and the way does not grow', { timeout: 60_000 }, async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['test/simulation/walk.ts']);
  const passed = Object.keys(JSON.parse(stdout) as Record<string, string[]>).filter((f) => f.endsWith('.ts'));
  const text = readFileSync('ARCHITECTURE.md', 'utf8');
  const section = text.slice(text.indexOf('## One MQTT message'), text.indexOf('## To change X'));
  const named = section
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .flatMap((line) => [...line.matchAll(/`(src\/[\w./-]+)`/g)].map((m) => m[1]!));
  expect([...new Set(named)].sort()).toEqual([...new Set(passed)].sort());
  expect(passed.length).toBeLessThanOrEqual(MOST);
});
