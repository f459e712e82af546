// Units behind a Modbus gateway: what a unit that cannot be reached costs the others, and how it comes back.
import { describe, expect, it } from 'vitest';
import { createSimulatedGateway, type GatewayOptions, readInCycles } from './simulated-gateway.ts';

const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
const SECONDS = 60;

async function cycles(options: GatewayOptions, seconds = SECONDS) {
  const gateway = createSimulatedGateway(options);
  gateway.bus.watch(() => undefined);
  await gateway.clock.advance(1);
  const load = readInCycles(gateway, ALL);
  await gateway.clock.advance(seconds * 1000);
  load.stop();
  await gateway.bus.close();
  return { good: load.good, gateway };
}

describe('units behind a Modbus gateway', () => {
  const kinds: [string, Partial<GatewayOptions>][] = [
    ['silent', {}],
    ['exception 11', { exception: 11 }],
    ['exception 10', { exception: 10 }],
    ['exception 4, slow', { exception: 4 }],
    ['exception 11 at once', { exception: 11, deadMs: 5 }],
  ];
  const dead: [string, number[]][] = [
    ['1 of 10', [1]],
    ['2 of 10', [4, 9]],
    ['3 of 10', [2, 5, 8]],
    ['5 of 10', [1, 3, 5, 7, 9]],
    ['the first 5 of 10', [1, 2, 3, 4, 5]],
  ];
  // @covers issue:19#3 @covers finding:field#2.3
  it.each(kinds.flatMap(([kind, options]) => dead.map(([name, ids]) => [kind, name, options, ids] as const)))(
    'keep 90 percent of their rate from the first moment when others are dead: %s, %s',
    async (_kind, _name, options, ids) => {
      const { good } = await cycles({ ...options, dead: new Set(ids) });
      const living = ALL.filter((id) => !ids.includes(id));
      const mean = living.reduce((n, id) => n + good.get(id)!, 0) / living.length;
      expect(mean).toBeGreaterThanOrEqual(0.9 * SECONDS);
      for (const id of ids) expect(good.get(id)).toBe(0);
    },
  );

  it('a unit alone on its line is known to be silent when its tries are over: it waits behind nobody', async () => {
    const gateway = createSimulatedGateway({ dead: new Set([5]) });
    gateway.bus.watch(() => undefined);
    await gateway.clock.advance(1);
    const load = readInCycles(gateway, [5], { timeoutMs: 1000, retries: 1 });
    await gateway.clock.advance(2500);
    expect(gateway.bus.report(5)).toMatchObject({ failure: 'silent', requests: 2, timeouts: 2 });
    load.stop();
    await gateway.bus.close();
  });

  it('a unit that the gateway cannot reach is asked once, not once for each retry', async () => {
    const { gateway } = await cycles({ exception: 11, dead: new Set([5]) }, 2);
    expect(gateway.seen.filter((s) => s.unit === 5)).toHaveLength(1);
  });

  it('a unit that answers an exception promptly stays in its turn', async () => {
    const { gateway } = await cycles({ refuse: new Map([[5, 4]]) });
    expect(gateway.seen.filter((s) => s.unit === 5).length).toBeGreaterThanOrEqual(SECONDS - 1);
    expect(gateway.bus.aside).toEqual([]);
    expect(gateway.bus.report(5)).toMatchObject({ phase: 'alive', failure: undefined, exceptions: { 4: SECONDS } });
  });

  it('a unit that is slow by nature is not taken for dead', async () => {
    const { good } = await cycles({ slow: new Map([[5, 600]]) });
    expect(good.get(5)).toBeGreaterThanOrEqual(0.9 * SECONDS);
  });

  it('reports since when a unit cannot be reached and why, and forgets it when the unit answers', async () => {
    const gateway = createSimulatedGateway({ exception: 11, dead: new Set([5]) });
    gateway.bus.watch(() => undefined);
    await gateway.clock.advance(1);
    const load = readInCycles(gateway, ALL);
    await gateway.clock.advance(10_000);
    const report = gateway.bus.report(5)!;
    expect(report).toMatchObject({
      unit: 5,
      phase: 'aside',
      failure: 'gateway',
      answers: 0,
      answeredAtMs: 0,
      lastError: 'unit 5 answers exception 11: gateway target device failed to respond',
    });
    expect(report.exceptions[11]).toBeGreaterThanOrEqual(1);
    expect(report.failingMs).toBeGreaterThan(7000);
    expect(report.failingMs).toBeLessThan(10_000);
    expect(gateway.log.lines.filter((l) => l['code'] === 'MODBUS_UNIT')).toEqual([
      expect.objectContaining({ bus: 'gateway', unit: 5, cause: expect.stringContaining('exception 11') }),
    ]);
    gateway.dead.clear();
    await gateway.clock.advance(60_000);
    expect(load.good.get(5)).toBeGreaterThan(15);
    expect(gateway.bus.report(5)).toMatchObject({ phase: 'alive', failure: undefined, failingMs: 0, probeInMs: 0, lastError: '' });
    load.stop();
    await gateway.bus.close();
  });
});
