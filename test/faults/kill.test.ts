// A short round of the campaign: the daemon is killed and the broker restarted under load; nothing may be lost.
import { describe, expect, it } from 'vitest';
import { haveMosquitto } from '../helpers/mosquitto.ts';
import { campaign } from './conservation.ts';

describe.runIf(haveMosquitto)('conservation under kills', () => {
  it('loses nothing and keeps the order per device over kills of the daemon and stops of the broker', { timeout: 120_000 }, async () => {
    const r = await campaign({ seed: 20261123, kills: 4, brokerStops: 1, devices: 3, rate: 300, faultEveryMs: 900 });
    expect(r.lost).toEqual([]);
    expect(r.missingInWindows).toEqual([]);
    expect(r.outOfOrder).toBe(0);
    expect(r.delivered).toBeGreaterThanOrEqual(r.sent);
    // bounded by what was in flight at each fault
    expect(r.duplicates).toBeLessThan(5 * 1000);
  });
});
