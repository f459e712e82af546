// A short round of the storm: rules are replaced and restarted, the daemon is killed, the sinks' broker is away; nothing may be lost.
import { describe, expect, it } from 'vitest';
import { haveMosquitto } from '../helpers/mosquitto.ts';
import { type StormOptions, storm } from './storm.ts';

async function round(o: Pick<StormOptions, 'seed' | 'kinds' | 'faults'> & Partial<StormOptions>) {
  const r = await storm({ rate: 300, pauseMs: 400, ...o });
  expect(r.lost).toEqual({ plain: [], window: [], batch: [] });
  expect(r).toMatchObject({ altered: 0, outOfOrder: 0 });
  return r;
}

describe.runIf(haveMosquitto)('conservation under changes', () => {
  it('a rule that is replaced and restarted beside others on its stream misses nothing', { timeout: 90_000 }, async () => {
    const r = await round({ seed: 7, faults: 8, kinds: ['put', 'putWindow', 'restart', 'stopOther'] });
    // what was under way to the sinks at each change
    expect(r.duplicates).toBeLessThan(8 * 50);
  });

  it('nor do kills and an absent sink in between lose anything, with a queue that is tried again fast', { timeout: 120_000 }, () =>
    round({
      seed: 5,
      faults: 8,
      kinds: ['put', 'putWindow', 'restart', 'kill', 'sinkAway'],
      sinkProps: { enableCache: true, memoryCacheThreshold: 64, bufferPageSize: 16, resendInterval: 50 },
    }),
  );
});
