// A short round of the campaign: the daemon is killed and the broker restarted under load; nothing may be lost.
import { describe, expect, it } from 'vitest';
import { haveMosquitto } from '../helpers/mosquitto.ts';
import { type CampaignOptions, campaign } from './conservation.ts';

async function round(o: Partial<CampaignOptions>): Promise<void> {
  const r = await campaign({ seed: 20261123, kills: 4, brokerStops: 1, devices: 3, rate: 300, faultEveryMs: 900, ...o });
  expect(r.lost).toEqual([]);
  expect(r.missingInWindows).toEqual([]);
  expect(r.outOfOrder).toBe(0);
  expect(r.wrongSums).toEqual([]);
  expect(r.delivered).toBeGreaterThanOrEqual(r.sent);
  // bounded by what was in flight at each fault
  expect(r.duplicates).toBeLessThan(5 * 1000);
}

describe.runIf(haveMosquitto)('conservation under kills', () => {
  it('loses nothing and keeps the order per device over kills of the daemon and stops of the broker', { timeout: 120_000 }, () =>
    round({}),
  );

  it('on MQTT 3.1.1 with 20 messages in flight a window rule neither stalls nor loses', { timeout: 120_000 }, () =>
    round({ protocolVersion: '3.1.1', kills: 2, brokerStops: 0, seed: 311 }),
  );
});
