// Whether the time of the device can be trusted: windows, calendar rules and time stamps are only as right as its clock. Asked for the health of
// rules (RuntimeDeps.outside); reads two files of systemd and remembers the last step of the clock.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { type Cause, moment, span } from '../runtime/index.ts';

/** No clock of a device that runs this version can be before it was made. */
const MADE_AT_MS = Date.UTC(2026, 10, 1);
/** A step of less than this is an adjustment, not a jump. */
const JUMP_MS = 5_000;
/** For so long a jump is worth a note. */
const JUMP_NOTE_MS = 3_600_000;
/** A time server has this long to answer after the start of the device. */
const PATIENCE_MS = 120_000;
/** The files are read no more often. */
const LOOK_MS = 10_000;

export interface ClockWatchDeps {
  clock: Clock;
  /** Since the start of the device, ms. */
  upMs(): number;
  /** `/`; tests have another one. */
  root: string;
}

export interface ClockWatch {
  /** What is wrong with the time now; [] when it can be trusted. */
  causes(): readonly Cause[];
}

export function createClockWatch({ clock, upMs, root }: ClockWatchDeps): ClockWatch {
  const offset = () => clock.now() - clock.monotonic();
  let last = offset();
  let jump: { atMs: number; byMs: number; count: number } | undefined;
  let looked: { atMs: number; waits: boolean } | undefined;

  /** timesyncd runs and has not heard of any server since the start of the device, and no hardware clock kept the time. */
  const waitsForServer = (): boolean => {
    const nowMs = clock.monotonic();
    if (!looked || nowMs - looked.atMs >= LOOK_MS) {
      const there = (path: string) => existsSync(join(root, path));
      looked = {
        atMs: nowMs,
        waits: there('run/systemd/timesync') && !there('run/systemd/timesync/synchronized') && !there('dev/rtc0'),
      };
    }
    return looked.waits && upMs() >= PATIENCE_MS;
  };

  return {
    causes() {
      const now = offset();
      const byMs = now - last;
      if (Math.abs(byMs) >= JUMP_MS) jump = { atMs: clock.now(), byMs, count: (jump?.count ?? 0) + 1 };
      last = now;
      const nowMs = clock.now();
      const found: Cause[] = [];
      if (nowMs < MADE_AT_MS)
        found.push(
          clockCause('clock-wrong', true, `The clock of the device says ${moment(nowMs)}, which is before this version was made.`, {
            cure: 'Give the device a time server or a hardware clock; until then no time stamp, window or schedule is right.',
          }),
        );
      else if (waitsForServer())
        found.push(
          clockCause(
            'clock-not-set',
            false,
            'No time server has set the clock since the start of the device, and there is no hardware clock.',
            {
              cure: 'Let the device reach a time server (UDP port 123), or fit a hardware clock.',
            },
          ),
        );
      if (jump && nowMs - jump.atMs < JUMP_NOTE_MS && nowMs >= jump.atMs)
        found.push(
          clockCause(
            'clock-jumped',
            false,
            `The clock was set ${jump.byMs > 0 ? 'forward' : 'back'} by ${span(Math.abs(jump.byMs))} at ${moment(jump.atMs)}.`,
            { cure: 'Windows and time stamps around that moment may be wrong.', sinceMs: jump.atMs, count: jump.count },
          ),
        );
      return found;
    },
  };
}

const clockCause = (
  kind: string,
  problem: boolean,
  text: string,
  { cure, sinceMs = 0, count = 1 }: { cure: string; sinceMs?: number; count?: number },
): Cause => ({ step: 'rule', at: 'clock', kind, problem, text, cure, sinceMs, count });
