// Between points in time and calendar fields (proleptic Gregorian), in any zone. Pure arithmetic; only offsets of IANA zones come from
// Temporal, which brings the zone data. Called by datetime-format.ts, datetime-parse.ts and the date functions.
import { DateTime } from './datetime.ts';

/** Wall-clock fields of a point in time in its zone. */
export interface Civil {
  year: number;
  /** 1..12 */
  month: number;
  /** 1..31 */
  day: number;
  hour: number;
  minute: number;
  second: number;
  /** Nanoseconds of the second, 0..999999999. */
  nano: number;
  /** 0 = Sunday */
  weekday: number;
  /** 1..366 */
  yearDay: number;
  /** Seconds east of UTC. */
  offsetSec: number;
}

const NS_PER_SEC = 1_000_000_000n;
const SEC_PER_DAY = 86_400;

export function civilOf(t: DateTime): Civil {
  let epochSec = Number(t.epochNs / NS_PER_SEC);
  let nano = Number(t.epochNs % NS_PER_SEC);
  if (nano < 0) {
    nano += 1_000_000_000;
    epochSec--;
  }
  const offsetSec = zoneOffsetSec(t.zone, epochSec);
  const local = epochSec + offsetSec;
  const days = Math.floor(local / SEC_PER_DAY);
  const rest = local - days * SEC_PER_DAY;
  const date = dateOfDays(days);
  return {
    ...date,
    hour: Math.floor(rest / 3600),
    minute: Math.floor((rest % 3600) / 60),
    second: rest % 60,
    nano,
    weekday: (((days + 4) % 7) + 7) % 7, // 1970-01-01 was a Thursday
    yearDay: days - daysOfDate(date.year, 1, 1) + 1,
    offsetSec,
  };
}

/** Point in time of wall-clock fields in a zone. A wall time that a clock change skips is read with the offset after the change, one that
 *  occurs twice is its first occurrence (both as Go's time.Date).
 *  @returns nanoseconds since the epoch */
export function epochNsOfCivil(c: Pick<Civil, 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'nano'>, zone: string): bigint {
  const wallSec = daysOfDate(c.year, c.month, c.day) * SEC_PER_DAY + c.hour * 3600 + c.minute * 60 + c.second;
  const first = zoneOffsetSec(zone, wallSec);
  const second = first === 0 && zone === 'UTC' ? 0 : zoneOffsetSec(zone, wallSec - first);
  return BigInt(wallSec - second) * NS_PER_SEC + BigInt(c.nano);
}

/** Days since 1970-01-01 of a date; month and day may be out of range and carry over. */
export function daysOfDate(year: number, month: number, day: number): number {
  const months = year * 12 + (month - 1);
  const y0 = Math.floor(months / 12);
  const m0 = months - y0 * 12; // 0..11
  // The year is counted from March, so that the leap day is its last day.
  const y = m0 < 2 ? y0 - 1 : y0;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * ((m0 + 10) % 12) + 2) / 5);
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468 + day - 1;
}

export function daysInMonth(year: number, month: number): number {
  return daysOfDate(year, month + 1, 1) - daysOfDate(year, month, 1);
}

function dateOfDays(days: number): { year: number; month: number; day: number } {
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const dayOfEra = z - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const mp = Math.floor((5 * dayOfYear + 2) / 153); // 0 = March
  const month = mp < 10 ? mp + 3 : mp - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day: dayOfYear - Math.floor((153 * mp + 2) / 5) + 1 };
}

/** Seconds east of UTC that a zone has at a moment.
 *  @param zone IANA name, `UTC` or `+08:00`
 *  @throws RangeError for a name that is not a zone; names from outside pass `isZoneName` first */
export function zoneOffsetSec(zone: string, epochSec: number): number {
  if (zone === 'UTC') return 0;
  const fixed = fixedOffsetSec(zone);
  if (fixed !== undefined) return fixed;
  // Beyond Temporal's range (±8.64e12 s) no rule of a zone is known.
  const clamped = Math.max(-8.64e12, Math.min(8.64e12, epochSec));
  return Math.trunc(Temporal.Instant.fromEpochMilliseconds(clamped * 1000).toZonedDateTimeISO(zone).offsetNanoseconds / 1e9);
}

function fixedOffsetSec(zone: string): number | undefined {
  const sign = zone.charCodeAt(0);
  if (sign !== 43 /* + */ && sign !== 45 /* - */) return undefined;
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4, 6)) * 60;
  return sign === 45 ? -seconds : seconds;
}

/** Name of a zone that is always `offsetSec` east of UTC; `UTC` for 0. */
export function fixedZoneName(offsetSec: number): string {
  return offsetSec === 0 ? 'UTC' : offsetText(offsetSec, ':');
}

/** `+08:00` or, with separator '', `+0800`. */
export function offsetText(offsetSec: number, separator: string): string {
  const abs = Math.abs(offsetSec);
  const minutes = Math.floor(abs / 60) % 60;
  return (offsetSec < 0 ? '-' : '+') + String(Math.floor(abs / 3600)).padStart(2, '0') + separator + String(minutes).padStart(2, '0');
}

/** True for names of the IANA database (`Asia/Shanghai`, `UTC`, `EST`); offsets such as `+08:00` are not names. */
export function isZoneName(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(name);
    return true;
  } catch {
    return false; // the only failure of a valid instant is an unknown zone
  }
}

/** The same moment shown in another zone. */
export function inZone(t: DateTime, zone: string): DateTime {
  return new DateTime(t.epochNs, zone);
}
