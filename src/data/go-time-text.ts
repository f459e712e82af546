// A datetime as Go's time.Time.String() prints it: `2024-01-02 03:04:05.6 +0000 UTC`. Only for %v and error messages; what users
// see in results is written by datetime-format.ts and the JSON codec.
import type { DateTime } from './datetime.ts';

const NS_PER_S = 1_000_000_000n;
const NS_PER_MIN = 60n * NS_PER_S;

export function formatGoTime(t: DateTime): string {
  const zoned = Temporal.Instant.fromEpochNanoseconds(t.epochNs).toZonedDateTimeISO(t.zone);
  const offsetMinutes = Number(BigInt(zoned.offsetNanoseconds) / NS_PER_MIN);
  const two = (n: number) => String(n).padStart(2, '0');
  const size = Math.abs(offsetMinutes);
  const offset = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.trunc(size / 60))}${two(size % 60)}`;
  const local = new Temporal.PlainDateTime(zoned.year, zoned.month, zoned.day, zoned.hour, zoned.minute, zoned.second);
  const ns = ((t.epochNs % NS_PER_S) + NS_PER_S) % NS_PER_S;
  const fraction = ns === 0n ? '' : `.${String(ns).padStart(9, '0').replace(/0+$/, '')}`;
  return `${local.toString().replace('T', ' ')}${fraction} ${offset} ${zoneName(t, offset)}`;
}

/** Go's abbreviation where the platform knows one; Go itself prints the offset for zones without one. */
function zoneName(t: DateTime, offset: string): string {
  if (t.zone === 'UTC') return 'UTC';
  if (/^[+-]/.test(t.zone)) return offset;
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: t.zone, timeZoneName: 'short' }).formatToParts(t.epochMs);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? '';
  return /^[A-Z]{3,5}$/.test(name) ? name : offset;
}
