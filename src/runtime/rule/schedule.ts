// When a rule with cron, duration or datetime ranges runs (rules.md 1.3). Asked by the patrol loop, the only clock for schedules.
import type { DatetimeRange, RuleOptions } from '../options.ts';
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

/** Wall times of a range are those of the zone, like the fields of `cron`. @param timeZone undefined: of the process, as in eKuiper */
function rangeIn(r: DatetimeRange, timeZone: string | undefined): { beginMs: number; endMs: number } {
  if (r.wall === undefined || timeZone === undefined) return r;
  const ms = (text: string): number => Temporal.PlainDateTime.from(text.replace(' ', 'T')).toZonedDateTime(timeZone).epochMilliseconds;
  return { beginMs: ms(r.wall.begin), endMs: ms(r.wall.end) };
}

/** @param gatewayZone zone of rules without option timezone  @throws RULE_INVALID_CRON */
export function createSchedule(o: RuleOptions, gatewayZone: string): Schedule {
  const timeZone = o.timeZone ?? gatewayZone;
  // without a duration a cron means nothing (rules.md 1.3), whatever it says
  const cron: Cron | undefined = o.cron && o.durationMs > 0 ? parseCron(o.cron, timeZone) : undefined;
  const ranges = o.cronDatetimeRange.map((r) => rangeIn(r, o.sqlCompatibility === 'ekuiper' ? undefined : timeZone));
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
