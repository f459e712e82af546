// English names of months and days, and abbreviations of zones. Read by datetime-format.ts, datetime-parse.ts and day_name, month_name.
import type { DateTime } from './datetime.ts';
import { offsetText } from './datetime-civil.ts';

export const monthNames: readonly string[] = [
  'January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December',
]; // biome-ignore format: one look

/** 0 = Sunday */
export const dayNames: readonly string[] = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** Abbreviations of tzdata that the platform's locales do not give (they answer `GMT+8`). Only zones without daylight saving time. */
const fixedAbbreviations: Readonly<Record<string, string>> = {
  'Asia/Shanghai': 'CST',
  'Asia/Chongqing': 'CST',
  'Asia/Taipei': 'CST',
  'Asia/Macau': 'CST',
  PRC: 'CST',
  'Asia/Hong_Kong': 'HKT',
  'Asia/Tokyo': 'JST',
  Japan: 'JST',
  'Asia/Seoul': 'KST',
  'Asia/Kolkata': 'IST',
  'Asia/Calcutta': 'IST',
  'Asia/Manila': 'PST',
  'Asia/Jakarta': 'WIB',
  'Asia/Karachi': 'PKT',
  'Africa/Johannesburg': 'SAST',
  'Africa/Lagos': 'WAT',
  'Africa/Nairobi': 'EAT',
};

/** Locales are asked in order; each knows the abbreviations of its own part of the world. */
const locales = ['en-US', 'en-GB', 'en-AU', 'en-NZ', 'en-CA', 'en-IE'];

/** `UTC`, `CET`, `EST`; zones without one give their offset (`+08`, as tzdata does), bare offsets all
 *  four digits (`+0800`, as Go does). */
export function zoneAbbreviation(t: DateTime, offsetSec: number): string {
  if (t.zone === 'UTC') return 'UTC';
  const known = fixedAbbreviations[t.zone];
  if (known) return known;
  if (/^[A-Za-z]/.test(t.zone)) {
    // Beyond the range of Date no rule of a zone is known.
    const at = Math.max(-8.64e15, Math.min(8.64e15, t.epochMs));
    for (const locale of locales) {
      const parts = new Intl.DateTimeFormat(locale, { timeZone: t.zone, timeZoneName: 'short' }).formatToParts(at);
      const name = parts.find((p) => p.type === 'timeZoneName')?.value ?? '';
      if (/^[A-Z]{2,5}$/.test(name)) return name;
    }
  }
  const text = offsetText(offsetSec, '');
  return text.endsWith('00') && /^[A-Za-z]/.test(t.zone) ? text.slice(0, 3) : text;
}
