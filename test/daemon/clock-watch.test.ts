// When the time of the device cannot be trusted, and what is said about it.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createVirtualClock, type VirtualClock } from '../../src/base/clock.ts';
import { createClockWatch } from '../../src/daemon/clock-watch.ts';

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

function watchOf(startMs: number, files: string[] = []) {
  const root = mkdtempSync(join(tmpdir(), 'clock-watch-'));
  roots.push(root);
  const put = (file: string) => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    if (file.endsWith('/')) mkdirSync(join(root, file), { recursive: true });
    else writeFileSync(join(root, file), '');
  };
  for (const f of files) put(f);
  const clock: VirtualClock = createVirtualClock(startMs);
  const began = clock.monotonic();
  const watch = createClockWatch({ clock, upMs: () => clock.monotonic() - began, root });
  return { clock, put, kinds: () => watch.causes().map((c) => c.kind), causes: () => watch.causes() };
}
const TODAY = Date.UTC(2026, 11, 1);

// @covers issue:18#3
describe('the watch over the clock', () => {
  it('calls a time before this version was made a problem, and nothing of the kind after it', () => {
    const w = watchOf(130_000);
    expect(w.causes()).toEqual([
      {
        step: 'rule',
        at: 'clock',
        kind: 'clock-wrong',
        problem: true,
        text: 'The clock of the device says 1970-01-01T00:02:10Z, which is before this version was made.',
        cure: 'Give the device a time server or a hardware clock; until then no time stamp, window or schedule is right.',
        sinceMs: 0,
        count: 1,
      },
    ]);
    expect(watchOf(Date.UTC(2026, 10, 1) - 1).kinds()).toEqual(['clock-wrong']);
    expect(watchOf(Date.UTC(2026, 10, 1)).kinds()).toEqual([]);
  });

  it('notes after two minutes that no time server has answered since the start, until one does', async () => {
    const w = watchOf(TODAY, ['run/systemd/timesync/']);
    await w.clock.advance(119_000);
    expect(w.kinds()).toEqual([]);
    await w.clock.advance(11_000);
    expect(w.causes()).toMatchObject([{ kind: 'clock-not-set', problem: false }]);
    w.put('run/systemd/timesync/synchronized');
    await w.clock.advance(10_000);
    expect(w.kinds()).toEqual([]);
  });

  it('says nothing of time servers where a hardware clock keeps the time, or where timesyncd is not used', async () => {
    for (const files of [['run/systemd/timesync/', 'dev/rtc0'], []]) {
      const w = watchOf(TODAY, files);
      await w.clock.advance(300_000);
      expect(w.kinds()).toEqual([]);
    }
  });

  it('notes a jump of the clock for an hour, with its size and direction, and takes small steps as adjustment', async () => {
    const w = watchOf(TODAY);
    w.clock.jump(4_999);
    expect(w.kinds()).toEqual([]);
    w.clock.jump(3 * 3_600_000);
    expect(w.causes()).toMatchObject([
      { kind: 'clock-jumped', problem: false, count: 1, text: 'The clock was set forward by 3 h at 2026-12-01T03:00:04Z.' },
    ]);
    await w.clock.advance(3_599_000);
    expect(w.kinds()).toEqual(['clock-jumped']);
    await w.clock.advance(1_000);
    expect(w.kinds()).toEqual([]);
    w.clock.jump(-60_000);
    expect(w.causes()).toMatchObject([{ text: expect.stringMatching(/^The clock was set back by 60 s at /), count: 2 }]);
  });
});
