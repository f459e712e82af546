// A run of the gateway is a guard that is begun; leaving out end() is the crash.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/base/clock.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { createCrashGuard } from '../../src/daemon/crash-guard.ts';

const healthyAfterMs = 60_000;
const maxCrashes = 3;
let dir = '';
let clock: VirtualClock;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'guard-'));
  clock = createVirtualClock();
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const memory = createMemoryLog();
const guard = (bootId = 'boot-1', dataDir = dir, supervised = false) =>
  createCrashGuard({ dataDir, clock, healthyAfterMs, maxCrashes, log: memory.log, bootId, supervised });

async function killedAfter(runMs: number, bootId?: string) {
  const g = guard(bootId);
  const decision = await g.begin();
  await clock.advance(runMs);
  return decision.safeMode;
}

test('a first start is a normal one', async () => {
  expect(await guard().begin()).toEqual({ safeMode: false, unclean: false });
});

test('a crash at every start leads to safe mode after the third, with the reason', async () => {
  expect([await killedAfter(1000), await killedAfter(1000), await killedAfter(1000)]).toEqual([false, false, false]);
  const decision = await guard().begin();
  expect(decision.safeMode).toBe(true);
  expect(decision.reason).toContain('crashed 3 times');
});

test('kills from outside after a healthy minute never lead to safe mode', async () => {
  for (let i = 0; i < 20; i++) expect(await killedAfter(healthyAfterMs)).toBe(false);
});

test('a healthy run forgets earlier start crashes', async () => {
  await killedAfter(1000);
  await killedAfter(1000);
  await killedAfter(healthyAfterMs);
  await killedAfter(1000);
  expect(await killedAfter(1000)).toBe(false);
});

test('without systemd, kills after READY never count, however soon', async () => {
  for (let i = 0; i < 10; i++) {
    const g = guard();
    expect((await g.begin()).safeMode).toBe(false);
    g.ready();
  }
});

test('under systemd, ends before the healthy time count also after READY', async () => {
  for (let i = 0; i < 3; i++) {
    const g = guard('boot-1', dir, true);
    expect((await g.begin()).safeMode).toBe(false);
    g.ready();
  }
  const last = await guard('boot-1', dir, true).begin();
  expect(last.safeMode).toBe(true);
  expect(last.reason).toContain('crashed 3 times');
});

test('a power cut during the start is not counted, the crashes before it are kept', async () => {
  for (let i = 0; i < 10; i++) expect(await killedAfter(1000, `boot-${i}`)).toBe(false);
  await killedAfter(1000, 'boot-10');
  await killedAfter(1000, 'boot-10');
  await killedAfter(1000, 'boot-10');
  expect(await killedAfter(1000, 'boot-11')).toBe(false); // the third end was the machine's
  expect(await killedAfter(1000, 'boot-11')).toBe(true);
});

test('a clean stop ends safe mode', async () => {
  for (let i = 0; i < 3; i++) await killedAfter(1000);
  const safe = guard();
  expect((await safe.begin()).safeMode).toBe(true);
  await safe.end();
  expect(await guard().begin()).toEqual({ safeMode: false, unclean: false });
});

test('fatal errors of its own count after a healthy time too, for ten minutes, and name the last one', async () => {
  const ownCrash = async () => {
    const g = guard();
    const decision = await g.begin();
    await clock.advance(90_000);
    g.crashed('TypeError: x is not a function\n    at y');
    return decision;
  };
  for (let i = 0; i < 3; i++) expect((await ownCrash()).safeMode).toBe(false);
  const decision = await guard().begin();
  expect(decision.safeMode).toBe(true);
  expect(decision.reason).toContain('x is not a function');
  expect(decision.reason).not.toContain('at y');
});

test('fatal errors that are far apart do not add up', async () => {
  for (let i = 0; i < 10; i++) {
    const g = guard();
    expect((await g.begin()).safeMode).toBe(false);
    await clock.advance(8 * 60_000);
    g.crashed('boom');
  }
});

test('a damaged marker is reported and does not stop the start', async () => {
  await writeFile(join(dir, 'crash-guard.json'), '{"version":1,');
  const before = memory.lines.length;
  expect(await guard().begin()).toEqual({ safeMode: false, unclean: false });
  expect(memory.lines.slice(before).some((line) => line['code'] === 'CRASH_GUARD_READ')).toBe(true);
});

test('a marker that cannot be written is reported and does not stop the start', async () => {
  const { mkdir } = await import('node:fs/promises');
  await mkdir(join(dir, `crash-guard.json.${process.pid}.tmp`)); // a folder in the temp file's place: open fails for root too
  const { log, lines } = createMemoryLog();
  const g = createCrashGuard({ dataDir: dir, clock, healthyAfterMs, maxCrashes, log, bootId: 'b' });
  expect(await g.begin()).toEqual({ safeMode: false, unclean: false });
  expect(lines.map((line) => line['code'])).toEqual(['CRASH_GUARD_WRITE']);
});

test('leaves one whole file and no timer behind', async () => {
  const g = guard();
  await g.begin();
  await g.end();
  expect(await readdir(dir)).toEqual(['crash-guard.json']);
  expect(JSON.parse(await readFile(join(dir, 'crash-guard.json'), 'utf8'))).toMatchObject({ running: false, startCrashes: 0 });
  expect(clock.pending).toBe(0);
});

test('rule: safe mode exactly when the last three or more runs of one boot died young', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom('young', 'old', 'clean'), { maxLength: 12 }), async (runs) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'guard-'));
      let young = 0;
      for (const run of runs) {
        const g = guard('b', dataDir);
        expect((await g.begin()).safeMode).toBe(young >= maxCrashes);
        await clock.advance(run === 'old' ? healthyAfterMs : 500);
        if (run === 'clean') await g.end();
        young = run === 'young' ? young + 1 : 0;
      }
      await rm(dataDir, { recursive: true });
    }),
    { numRuns: 25 },
  );
});

// @covers finding:security#D8
test('deaths of which the rule is known never lead to safe mode; those that cannot be told apart do, and it says so', async () => {
  const asked: boolean[] = [];
  const run = async (known: boolean) => {
    const g = createCrashGuard({
      dataDir: dir,
      clock,
      healthyAfterMs,
      maxCrashes,
      log: memory.log,
      bootId: 'boot-1',
      supervised: true,
      explain(counted) {
        asked.push(counted);
        return known;
      },
    });
    const decision = await g.begin();
    g.ready();
    return decision;
  };
  for (let i = 0; i < 10; i++) expect((await run(true)).safeMode).toBe(false);
  expect(asked).toEqual(Array.from({ length: 9 }, () => true));
  expect([await run(false), await run(false)].map((d) => d.safeMode)).toEqual([false, false]);
  expect((await run(true)).safeMode).toBe(false);
  const last = await run(false);
  expect(last).toMatchObject({ safeMode: true, unclean: true });
  expect(last.reason).toContain('no single rule or message could be identified as the cause');
});

test('an own fatal error of which the rule is known is not counted either', async () => {
  const own = async (known: boolean) => {
    const g = createCrashGuard({ dataDir: dir, clock, healthyAfterMs, maxCrashes, log: memory.log, bootId: 'b', explain: () => known });
    const { safeMode } = await g.begin();
    g.ready();
    await clock.advance(90_000);
    g.crashed('boom');
    return safeMode;
  };
  for (let i = 0; i < 6; i++) expect(await own(true)).toBe(false);
  expect([await own(false), await own(false), await own(false)]).toEqual([false, false, true]);
});

test('only an unclean end is asked about', async () => {
  let asked = 0;
  for (let i = 0; i < 2; i++) {
    const g = createCrashGuard({ dataDir: dir, clock, healthyAfterMs, maxCrashes, log: memory.log, explain: () => asked++ > 99 });
    expect(await g.begin()).toEqual({ safeMode: false, unclean: false });
    await g.end();
  }
  expect(asked).toBe(0);
  const next = () => createCrashGuard({ dataDir: dir, clock, healthyAfterMs, maxCrashes, log: memory.log, bootId: 'b' }).begin();
  expect(await next()).toEqual({ safeMode: false, unclean: false });
  expect(await next()).toEqual({ safeMode: false, unclean: true });
});
