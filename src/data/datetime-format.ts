// Points in time → text: by a compiled pattern (format_time), as RFC 3339 (JSON), in the fixed forms of the date functions.
// As Go's %v prints a time: go-time-text.ts.
import { spend } from '../base/budget.ts';
import type { DateTime } from './datetime.ts';
import { type Civil, civilOf, offsetText } from './datetime-civil.ts';
import { dayNames, monthNames, zoneAbbreviation } from './datetime-names.ts';
import type { DatePattern, PatternField } from './datetime-pattern.ts';

const two = (n: number): string => (n < 10 ? '0' + n : String(n));
const four = (year: number): string => (year < 0 ? '-' + String(-year).padStart(4, '0') : String(year).padStart(4, '0'));
const hour12 = (hour: number): number => hour % 12 || 12;

/** @returns the text of `t` in its own zone */
export function formatDateTime(t: DateTime, pattern: DatePattern): string {
  const c = civilOf(t);
  let out = '';
  let zoneName: string | undefined;
  spend(pattern.length);
  for (const part of pattern) {
    if (typeof part === 'string') out += part;
    else if (part.code === 'z') out += zoneName ??= zoneAbbreviation(t, c.offsetSec);
    else out += formatField(part, c);
  }
  return out;
}

function formatField(field: PatternField, c: Civil): string {
  switch (field.code) {
    case 'yyyy':
      return four(c.year);
    case 'yy':
      return two(((c.year % 100) + 100) % 100);
    case 'M':
      return String(c.month);
    case 'MM':
      return two(c.month);
    case 'MMM':
      return monthNames[c.month - 1]!.slice(0, 3);
    case 'MMMM':
      return monthNames[c.month - 1]!;
    case 'd':
      return String(c.day);
    case 'dd':
      return two(c.day);
    case '_d':
      return String(c.day).padStart(2);
    case 'EEE':
      return dayNames[c.weekday]!.slice(0, 3);
    case 'EEEE':
      return dayNames[c.weekday]!;
    case 'HH':
      return two(c.hour);
    case 'h':
      return String(hour12(c.hour));
    case 'hh':
      return two(hour12(c.hour));
    case 'a':
      return c.hour < 12 ? 'AM' : 'PM';
    case 'm':
      return String(c.minute);
    case 'mm':
      return two(c.minute);
    case 's':
      return String(c.second);
    case 'ss':
      return two(c.second);
    case 'S':
      return (field.ownDot ? '.' : '') + fraction(c.nano, field.digits);
    case 'z':
      return ''; // formatDateTime writes it
    case 'X':
      return offsetText(c.offsetSec, '').slice(0, 3);
    case 'XX':
      return offsetText(c.offsetSec, '');
    case 'XXX':
      return offsetText(c.offsetSec, ':');
    case 'zoneOrX':
    case 'zoneOrXX':
    case 'zoneOrXXX':
      return c.offsetSec === 0 ? 'Z' : offsetText(c.offsetSec, field.code === 'zoneOrXXX' ? ':' : '');
  }
}

/** Leading digits of the second's fraction; cut, not rounded. */
function fraction(nano: number, digits: number): string {
  return String(nano).padStart(9, '0').slice(0, digits).padEnd(digits, '0');
}

function trimmedFraction(nano: number): string {
  return nano === 0 ? '' : '.' + String(nano).padStart(9, '0').replace(/0+$/, '');
}

const dateText = (c: Civil): string => `${four(c.year)}-${two(c.month)}-${two(c.day)}`;
const timeText = (c: Civil): string => `${two(c.hour)}:${two(c.minute)}:${two(c.second)}`;

/** `2006-01-02` */
export const formatDate = (t: DateTime): string => dateText(civilOf(t));

/** `2006-01-02 15:04:05`, with `.` and `digits` digits of the second's fraction when digits > 0 */
export function formatDateAndTime(t: DateTime, digits = 0): string {
  const c = civilOf(t);
  return `${dateText(c)} ${timeText(c)}${digits > 0 ? '.' + fraction(c.nano, digits) : ''}`;
}

/** `15:04:05`, with a fraction as `formatDateAndTime` */
export const formatTimeOfDay = (t: DateTime, digits = 0): string =>
  formatDateAndTime(t, digits).slice(-(8 + (digits > 0 ? digits + 1 : 0)));

/** `2024-02-29T21:05:09.5+08:00`, `…Z` at offset 0; the form in JSON (Go's RFC3339Nano). */
export function formatRfc3339(t: DateTime): string {
  const c = civilOf(t);
  return `${dateText(c)}T${timeText(c)}${trimmedFraction(c.nano)}${c.offsetSec === 0 ? 'Z' : offsetText(c.offsetSec, ':')}`;
}
