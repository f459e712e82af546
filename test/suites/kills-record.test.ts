// The record of a thousand kills under load (scripts/kill-campaign.ts, in make campaign): it is whole, not older than a quarter of a year at the last
// commit, and nothing was lost or altered. The storms are too long for this suite; a short one runs in test/faults.
import { expect, it } from 'vitest';
import { expectOfLate, readRecord } from '../helpers/campaign-record.ts';

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
  const record = readRecord('kills.json') as Record;
  expectOfLate(record);
  expect(record.did.kill).toBeGreaterThanOrEqual(1000);
  for (const others of [record.did.put + record.did.putWindow, record.did.sinkAway, record.did.restart]) expect(others).toBeGreaterThan(50);
  expect(record.sent).toBeGreaterThan(100_000);
  expect([record.lost, record.altered, record.outOfOrder]).toEqual([0, 0, 0]);
});
