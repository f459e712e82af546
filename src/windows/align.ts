// First end of a time window: windows end at natural marks of the clock in the gateway's zone (every 10 s at :00, :10, :20 …), so that
// windows of different rules and devices coincide. Later ends are plain steps. Source: docs/spec/sql.md §7 "Alignment".
import type { TimeUnit } from './spec.ts';

/** Months, quarters and years: so that a whole number of them can be told; how long one is says the calendar (marks.ts). */
export const UNIT_MS: Readonly<Record<TimeUnit, number>> = {
  yy: 31_104_000_000,
  qq: 7_776_000_000,
  mm: 2_592_000_000,
  ww: 604_800_000,
  dd: 86_400_000,
  hh: 3_600_000,
  mi: 60_000,
  ss: 1000,
  ms: 1,
};

/** Processing time: the next mark after `atMs`.
 *  @param count length in units   @param timeZone IANA name   @returns epoch ms, above `atMs` */
export function nextEndMs(atMs: number, count: number, unit: TimeUnit, timeZone: string): number {
  let endMs = firstEndMs(atMs, count, unit, timeZone);
  while (endMs <= atMs) endMs += count * UNIT_MS[unit];
  return endMs;
}

/** Event time, as eKuiper computes it from the first row: counted from the start of the day, hour, minute or second; a row exactly `count`
 *  units after that start ends a window of its own (its end is the row's time).
 *  @returns epoch ms; may equal or precede `atMs` in that case */
export function firstEndMs(atMs: number, count: number, unit: TimeUnit, timeZone: string): number {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(atMs)).toZonedDateTimeISO(timeZone);
  if (unit === 'dd') return at.startOfDay().add({ days: count }).epochMilliseconds;
  // eKuiper has no longer units
  const clock = unit as 'hh' | 'mi' | 'ss' | 'ms';
  const [start, part] = {
    hh: [at.startOfDay(), at.hour] as const,
    mi: [at.round({ smallestUnit: 'hour', roundingMode: 'floor' }), at.minute] as const,
    ss: [at.round({ smallestUnit: 'minute', roundingMode: 'floor' }), at.second] as const,
    ms: [at.round({ smallestUnit: 'second', roundingMode: 'floor' }), at.millisecond] as const,
  }[clock];
  const gap = part > count ? count * (Math.floor(part / count) + 1) : count;
  return start.epochMilliseconds + gap * UNIT_MS[unit];
}
