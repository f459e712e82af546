import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseWindow, untilOpenMs } from '../../../src/config/index.ts';
import { baselineOf, NOTHING_KNOWN, observation, observe, type Sample } from '../../../src/system/update/health.ts';
import { step, type UpdateState } from '../../../src/system/update/machine.ts';
import { hasRoute, rulesOf } from '../../../src/system/update/probe.ts';
import { createStateFile } from '../../../src/system/update/state-file.ts';
import { updateProblems } from '../../../src/system/update/status-file.ts';
import { usbParts } from '../../../src/system/update/usb.ts';
import { compareVersions } from '../../../src/system/update/versions.ts';

describe('versions', () => {
  it('are ordered by their numbers, a suffix before none', () => {
    const ordered = ['0.9.9', '0.10.0-alpha', '0.10.0-rc.2', '0.10.0-rc.10', '0.10.0', '0.10.1', '1.0.0', '10.0.0'];
    for (let a = 0; a < ordered.length; a++)
      for (let b = 0; b < ordered.length; b++)
        expect(Math.sign(compareVersions(ordered[a]!, ordered[b]!)), `${ordered[a]} ${ordered[b]}`).toBe(Math.sign(a - b));
    expect(compareVersions('v1.2.3+build', '1.2.3')).toBe(0);
    expect(Math.sign(compareVersions('weekly-2', 'weekly-1'))).toBe(1);
    expect(Math.sign(compareVersions('1.0.0-rc', '1.0.0-rc.1'))).toBe(-1);
    expect(Math.sign(compareVersions('1.0.0-1', '1.0.0-a'))).toBe(-1);
  });
});

describe('the window of maintenance', () => {
  const at = (text: string) => new Date(`2026-03-04T${text}`);
  it('is open from its first minute until before its last one', () => {
    const window = parseWindow('02:00-05:30')!;
    expect(window).toEqual({ from: 120, to: 330 });
    expect(untilOpenMs(window, at('01:59:30'))).toBe(30_000);
    expect(untilOpenMs(window, at('02:00:00'))).toBe(0);
    expect(untilOpenMs(window, at('05:29:59'))).toBe(0);
    expect(untilOpenMs(window, at('05:30:00'))).toBe(20.5 * 3_600_000);
  });

  it('goes over midnight, or is always open', () => {
    const night = parseWindow('22:00 - 4:00')!;
    expect([untilOpenMs(night, at('23:00:00')), untilOpenMs(night, at('03:59:00')), untilOpenMs(night, at('04:00:00'))]).toEqual([
      0,
      0,
      18 * 3_600_000,
    ]);
    expect(untilOpenMs(parseWindow('any')!, at('12:00:00'))).toBe(0);
    expect(parseWindow('20:00-24:00')).toEqual({ from: 1200, to: 0 });
  });

  it.each(['', '2-5', '25:00-26:00', '02:60-03:00', '02:00', '02:00-24:30', 'never'])('written as "%s" is none', (text) => {
    expect(parseWindow(text)).toBeUndefined();
  });
});

describe('the state of updates', () => {
  it('is kept in two copies, and a damaged one is not believed', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kuiper-state-'));
    try {
      const file = createStateFile(join(dir, 'update'));
      expect(file.load()).toBeUndefined();
      const state = (goBack: string): UpdateState => ({ phase: 'idle', confirmed: 'A', goBack });
      file.save(state('1'));
      file.save(state('2'));
      file.save(state('3'));
      expect(file.load()).toEqual(state('3'));
      // The last write is torn: the one before counts.
      const newest = join(dir, 'update/state-1.json');
      const text = readFileSync(newest, 'utf8');
      expect(text).toContain('"3"');
      writeFileSync(newest, text.slice(0, -3));
      expect(file.load()).toEqual(state('2'));
      file.save(state('4'));
      expect(file.load()).toEqual(state('4'));
      writeFileSync(join(dir, 'update/state-1.json'), 'x');
      writeFileSync(join(dir, 'update/state-2.json'), '');
      expect(file.load()).toBeUndefined();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('after a start with a trial in the record that no state knows clears it, and counts no start as good before that', () => {
    const facts = { slot: 'A', why: 'good', seq: 4, starts: 4 } as const;
    const [, effects] = step(
      { phase: 'idle', confirmed: 'A' },
      { type: 'boot', facts, record: { seq: 4, good: 'A', otherIsGood: false, trial: 'B' }, version: '1', atMs: 0 },
    );
    expect(effects).toEqual([{ do: 'record', record: { good: 'A', otherIsGood: false } }]);
  });

  it('after a start of the slot that stands in counts no start as good', () => {
    const facts = { slot: 'B', why: 'uncounted', seq: 4, starts: 1 } as const;
    const [, effects] = step(
      { phase: 'idle', confirmed: 'A' },
      { type: 'boot', facts, record: { seq: 4, good: 'A', otherIsGood: true }, version: '1', atMs: 0 },
    );
    expect(effects).toEqual([]);
  });
});

describe('health', () => {
  const good: Sample = { rules: { a: { running: true, messages: 9 } }, network: true, dataLost: false };
  const limits = { healthyMs: 100, deadlineMs: 300 };

  it('of rules that had no data before asks for none', () => {
    const baseline = baselineOf(good, good);
    expect(baseline).toEqual({ rules: { a: false }, safeMode: false, network: true, answered: true });
    const dry: Sample = { ...good, rules: { a: { running: true, messages: 0 } } };
    const [next] = observe(observation(0, baseline), baseline, dry, 0, limits);
    expect(observe(next, baseline, dry, 100, limits)[1]).toMatchObject({ verdict: 'healthy' });
  });

  it('begins anew after every fault', () => {
    const baseline = baselineOf(good, { ...good, rules: { a: { running: true, messages: 8 } } });
    let [now, judged] = observe(observation(0, baseline), baseline, good, 0, limits);
    [now, judged] = observe(now, baseline, { ...good, silent: 'x' }, 90, limits);
    [now, judged] = observe(now, baseline, good, 150, limits);
    [now, judged] = observe(now, baseline, good, 249, limits);
    expect(judged.verdict).toBe('wait');
    [now, judged] = observe(now, baseline, good, 250, limits);
    expect(judged).toEqual({
      verdict: 'healthy',
      text: 'The gateway answers, 1 of 1 rules run again, 1 of 1 have data again, the network is there.',
    });
  });

  it('that is not there at the deadline is left, one ms before it is waited for', () => {
    const baseline = baselineOf(good, good);
    const bad = { ...good, network: false };
    const [now] = observe(observation(0, baseline), baseline, bad, 0, limits);
    expect(observe(now, baseline, bad, 299, limits)[1]).toEqual({ verdict: 'wait', text: 'there is no network, which there was before' });
    expect(observe(now, baseline, bad, 300, limits)[1]).toEqual({ verdict: 'leave', text: 'there is no network, which there was before' });
  });

  it('of a device of which nothing was known asks for an answer only', () => {
    const bare: Sample = { rules: {}, network: false, dataLost: false };
    const [now] = observe(observation(0, NOTHING_KNOWN), NOTHING_KNOWN, bare, 0, limits);
    expect(observe(now, NOTHING_KNOWN, bare, 100, limits)[1].verdict).toBe('healthy');
    expect(observe(now, NOTHING_KNOWN, { ...bare, silent: 'gone' }, 100, limits)[1]).toEqual({
      verdict: 'wait',
      text: 'the gateway does not answer: gone',
    });
  });

  it('does not blame a new version for the safe mode that was there before', () => {
    const safe: Sample = { ...good, safeMode: 'crashes', rules: {} };
    const baseline = baselineOf(safe, safe);
    expect(baseline.safeMode).toBe(true);
    const [now] = observe(observation(0, baseline), baseline, safe, 0, limits);
    expect(observe(now, baseline, safe, 100, limits)[1].verdict).toBe('healthy');
  });
});

describe('a look at the device', () => {
  it('sums the messages of all sources of a rule', () => {
    expect(
      rulesOf({
        a: { status: 'running', source_x_0_records_in_total: 3, source_y_0_records_in_total: 4, op_2_filter_0_records_in_total: 100 },
        b: { status: 'stopped: by error', message: 'no such function' },
      }),
    ).toEqual({ a: { running: true, messages: 7 }, b: { running: false, messages: 0, text: 'no such function' } });
  });

  it('finds the default route, and none where there is none', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kuiper-route-'));
    try {
      const file = join(dir, 'route');
      const head = 'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n';
      writeFileSync(file, `${head}eth0\t000A0A0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n`);
      expect(hasRoute([file, join(dir, 'none')])).toBe(false);
      writeFileSync(file, `${head}eth0\t00000000\t0102000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n`);
      expect(hasRoute([file])).toBe(true);
      const zero = '0'.repeat(32);
      writeFileSync(file, `${zero} 00 ${zero} 00 ${zero} ffffffff 00000001 00000000 00200200       lo\n`);
      expect(hasRoute([file])).toBe(false);
      writeFileSync(file, `${zero} 00 ${zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 00000003     eth0\n`);
      expect(hasRoute([file])).toBe(true);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });

  it('finds partitions and whole sticks on USB, and nothing else', () => {
    const disk = (path: string, tran: string | null, fstype: string | null, children?: never[]) => ({
      path,
      tran,
      fstype,
      ...(children ? { children } : {}),
    });
    const part = disk('/dev/sdb1', null, 'vfat') as never;
    expect(
      usbParts({
        blockdevices: [
          disk('/dev/mmcblk0', 'mmc', null, [disk('/dev/mmcblk0p1', null, 'vfat') as never]),
          disk('/dev/sdb', 'usb', null, [part]),
          disk('/dev/sdc', 'usb', 'ext4'),
        ],
      }),
    ).toEqual(['/dev/sdb1', '/dev/sdc']);
  });
});

describe('problems of updates', () => {
  it('name the version that was left and why, and are none without an updater', () => {
    const dir = mkdtempSync(join(tmpdir(), 'kuiper-status-'));
    try {
      const file = join(dir, 'status.json');
      expect(updateProblems(file)).toEqual([]);
      const last = { id: '1', by: 'x', version: '2.0.0', from: '1.0.0', result: 'rolled-back', reason: 'rule a does not run', atMs: 1 };
      writeFileSync(file, JSON.stringify({ last, problems: ['boot1.env was repaired'] }));
      expect(updateProblems(file)).toEqual(['System version 2.0.0 was left for 1.0.0: rule a does not run', 'boot1.env was repaired']);
      writeFileSync(file, JSON.stringify({ last: { ...last, result: 'confirmed' }, problems: [] }));
      expect(updateProblems(file)).toEqual([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  });
});
