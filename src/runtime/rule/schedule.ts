// When a rule with cron, duration or datetime ranges runs (rules.md 1.3). Asked by the patrol loop, the only clock for schedules.
import type { RuleOptions } from '../options.ts';
import { type Cron, parseCron } from './cron.ts';

export interface Schedule {
  /** Schedule rules wait for the patrol; others run at once. */
  readonly scheduled: boolean;
  /** A rule with a duration but without a cron runs once for that long. */
  readonly onceForMs: number;
  inSchedule(nowMs: number): boolean;
  /** Epoch ms of the next start, 0 = none. */
  nextStart(nowMs: number): number;
}

/** @throws RULE_INVALID_CRON */
export function createSchedule(o: RuleOptions, timeZone: string): Schedule {
  // without a duration a cron means nothing (rules.md 1.3), whatever it says
  const cron: Cron | undefined = o.cron && o.durationMs > 0 ? parseCron(o.cron, timeZone) : undefined;
  const ranges = o.cronDatetimeRange;
  const withCron = cron !== undefined;
  const scheduled = withCron || (!o.cron && ranges.length > 0);
  const inRanges = (nowMs: number) => ranges.length === 0 || ranges.some((r) => nowMs >= r.beginMs && nowMs <= r.endMs);
  return {
    scheduled,
    onceForMs: !o.cron && ranges.length === 0 ? o.durationMs : 0,
    inSchedule(nowMs) {
      if (!scheduled) return false;
      if (!inRanges(nowMs)) return false;
      if (!withCron) return true;
      const begin = cron.next(nowMs - o.durationMs);
      return begin !== undefined && begin < nowMs && nowMs < begin + o.durationMs;
    },
    nextStart(nowMs) {
      if (!scheduled) return 0;
      if (withCron) {
        // within ranges: look a few runs ahead
        let t: number | undefined = nowMs;
        for (let i = 0; i < 100; i++) {
          t = cron.next(t);
          if (t === undefined) return 0;
          if (inRanges(t)) return t;
        }
        return 0;
      }
      const begins = ranges.map((r) => r.beginMs).filter((b) => b > nowMs);
      return begins.length ? Math.min(...begins) : 0;
    },
  };
}
