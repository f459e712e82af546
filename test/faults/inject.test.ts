// Faults of the file system, one at a time, in a life of the real gateway: what was acknowledged is there afterwards, REST answers all the time, and
// everything goes on. Here a fixed sample of the calls; `scripts/fault-campaign.ts` takes each with every kind of fault.
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { type Fault, runWithFault } from './inject/inject.ts';

const canCompile = (() => {
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return process.platform === 'linux';
  } catch {
    return false;
  }
})();
if (!canCompile) console.warn('\n*** there is no gcc: tests with injected faults are left out ***\n');

/** Parts of the scenario at which a call fails, and how. */
const SAMPLE: readonly [number, Fault][] = [
  [0.3, 'ENOSPC'],
  [0.45, 'EIO'],
  [0.6, 'EROFS'],
  [0.75, 'short'],
  [0.9, 'ENOSPC'],
];

describe.runIf(canCompile)('a single fault of the file system', () => {
  // @covers issue:13#7
  it('loses nothing that was acknowledged, and everything goes on', async () => {
    const calm = await runWithFault(0, 'EIO');
    expect(calm.broken).toEqual([]);
    expect(calm.refused).toEqual([]);
    expect(calm.calls).toBeGreaterThan(150);
    const seen: string[] = [];
    for (const [part, fault] of SAMPLE) {
      const run = await runWithFault(Math.floor(calm.calls * part), fault);
      expect(run.broken, `${run.failed} ${fault}`).toEqual([]);
      if (run.failed) seen.push(run.failed);
    }
    expect(seen.length).toBeGreaterThanOrEqual(SAMPLE.length - 1);
  }, 120_000);
});
