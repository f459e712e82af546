// The record of a thousand kills under load (scripts/kill-campaign.ts, in make campaign): it is whole, not older than a quarter of a year at the last
// commit, and nothing was lost or altered. The storms are too long for this suite; a short one runs in test/faults.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const MAX_AGE_MS = 92 * 86_400_000;
const root = join(import.meta.dirname, '../..');
const committedMs = 1000 * Number(execFileSync('git', ['-C', root, 'log', '-1', '--format=%ct'], { encoding: 'utf8' }));

interface Record {
  at: string;
  node: string;
  commits: string[];
  seeds: [number, number];
  did: { kill: number; put: number; putWindow: number; sinkAway: number; restart: number };
  sent: number;
  lost: number;
  altered: number;
  outOfOrder: number;
}

// @covers issue:14#kills
it('a gateway that was killed 1,000 times under load, with sinks that went away and rules that changed, lost nothing and altered nothing', () => {
  const record = JSON.parse(readFileSync(join(root, 'bench/results/kills.json'), 'utf8')) as Record;
  expect(committedMs - Date.parse(record.at)).toBeLessThan(MAX_AGE_MS);
  expect(record.commits.every((c) => /^[0-9a-f]{7,}$/.test(c))).toBe(true);
  expect(record.node).toMatch(/^v\d+\./);
  expect(record.did.kill).toBeGreaterThanOrEqual(1000);
  for (const others of [record.did.put + record.did.putWindow, record.did.sinkAway, record.did.restart]) expect(others).toBeGreaterThan(50);
  expect(record.sent).toBeGreaterThan(100_000);
  expect([record.lost, record.altered, record.outOfOrder]).toEqual([0, 0, 0]);
});
