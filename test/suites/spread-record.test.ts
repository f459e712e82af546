// The record of the campaign in which gateways that run a rule as one are killed (scripts/spread-campaign.ts): nothing lost, keys in order, windows right.
// The campaign is too long for this suite; what it found is not. A short run is test/connectors/kafka/spread.test.ts.
import { expect, it } from 'vitest';
import { readRecord } from '../helpers/campaign-record.ts';

interface Record {
  seed: number;
  node: string;
  result: { members: number; kills: number; stalls: number; sent: number; windows: number };
}

// @covers issue:22#kafka
it('three members of a group lost no row while one of them was killed or stopped every 20 seconds', () => {
  const { result, seed, node } = readRecord('spread.json') as Record;
  expect(result).toMatchObject({ members: 3, lost: 0, disordered: 0, wrongWindows: 0 });
  expect(result.kills + result.stalls).toBeGreaterThanOrEqual(20);
  expect(result.sent).toBeGreaterThan(150_000);
  expect(result.windows).toBeGreaterThan(5000);
  expect([typeof seed, node.startsWith('v')]).toEqual(['number', true]);
});
