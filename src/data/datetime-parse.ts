// Text → point in time. Called by cast, by the date functions, by schemas (DATETIME fields) and by event time (TIMESTAMP_FORMAT).
// Layouts that are tried: datetime-layouts.ts. Next: datetime-from.ts, which takes values of any kind.
import { spend } from '../base/budget.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import { DateTime } from './datetime.ts';
import { civilOf, daysInMonth, epochNsOfCivil, fixedZoneName, zoneOffsetSec } from './datetime-civil.ts';
import { dateLayouts } from './datetime-layouts.ts';
import { dayNames, monthNames, zoneAbbreviation } from './datetime-names.ts';
import type { DatePattern, PatternField } from './datetime-pattern.ts';
import { brief } from './go-format.ts';

/** What parsing needs of its surroundings; a function's `site.env` is one. */
export interface TimeEnv {
  /** Zone of texts without one, and of numbers. */
  readonly timeZone: string;
  /** For texts without a year or a date (`10:30` is today); the machine's clock when absent. */
  readonly clock?: { now(): number };
  /** Reads wall times of texts without a zone. @param wallMs as if it were UTC  @returns epoch ms. Default: the first of two moments */
  readonly naive?: (wallMs: number, zone: string) => number;
}

/** @param pattern tried first; without one, or where it does not fit, the general layouts are tried
 *  @returns the moment, in `env.timeZone` unless the text names another zone
 *  @throws rowError `Can't parse string as time: …` */
export function parseDateTime(text: string, env: TimeEnv, pattern?: DatePattern): DateTime {
  spend(20);
  if (text.length > MAX_LENGTH) throw rowError(`Can't parse string as time: ${brief(text)}`);
  const padded = cutFraction(text);
  if (pattern) {
    const t = matchLayout(padded, pattern, env);
    if (t) return t;
  }
  const t = matchIso(padded, env);
  if (t) return t;
  for (const layout of dateLayouts) {
    const other = matchLayout(padded, layout, env);
    if (other) return other;
  }
  throw rowError(`Can't parse string as time: ${text}`);
}

/** A text that is written by exactly this pattern. @returns undefined when it is not */
export function matchPattern(text: string, pattern: DatePattern, env: TimeEnv): DateTime | undefined {
  spend(20);
  return text.length > MAX_LENGTH ? undefined : matchLayout(cutFraction(text), pattern, env);
}

/** No text of a date is longer, and trying the layouts walks through it some thirty times. */
const MAX_LENGTH = 4096;

interface Parts {
  year?: number;
  month?: number;
  day?: number;
  hour: number;
  minute: number;
  second: number;
  nano: number;
  pm?: boolean;
  /** Seconds east of UTC, when the text says so. */
  offsetSec?: number;
  /** Zone abbreviation in the text. */
  zoneName?: string;
}

/** The commonest texts without trying one layout after the other: `yyyy-MM-dd HH:mm:ss[.f]` and the RFC 3339 forms. */
function matchIso(text: string, env: TimeEnv): DateTime | undefined {
  const m = /^(\d{4})-(\d\d)-(\d\d)([ T])(\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  if (!m || (m[4] === ' ' && m[9] !== undefined)) return undefined;
  const parts: Parts = {
    year: Number(m[1]),
    month: Number(m[2]),
    day: Number(m[3]),
    hour: Number(m[5]),
    minute: Number(m[6]),
    second: Number(m[7]),
    nano: m[8] === undefined ? 0 : Number(m[8].padEnd(9, '0')),
  };
  if (m[9] !== undefined) parts.offsetSec = offsetOf(m[9]);
  return toMoment(parts, env);
}

function matchLayout(text: string, layout: DatePattern, env: TimeEnv): DateTime | undefined {
  const parts: Parts = { hour: 0, minute: 0, second: 0, nano: 0 };
  let rest = text;
  for (let i = 0; i < layout.length; i++) {
    const part = layout[i]!;
    const after = typeof part === 'string' ? skipLiteral(rest, part) : readField(rest, part, parts);
    if (after === undefined) return undefined;
    rest = after;
    if (typeof part === 'object' && (part.code === 's' || part.code === 'ss') && !isFraction(layout[i + 1])) {
      const fraction = /^[.,](\d+)/.exec(rest);
      if (fraction) {
        parts.nano = Number(fraction[1]!.slice(0, 9).padEnd(9, '0'));
        rest = rest.slice(fraction[0].length);
      }
    }
  }
  return rest === '' ? toMoment(parts, env) : undefined;
}

/** September, Wednesday. */
const LONGEST_NAME = 9;

/** A fraction field with its own dot, or a dot before one. */
function isFraction(next: DatePattern[number] | undefined): boolean {
  return typeof next === 'object' ? next.code === 'S' : next !== undefined && /^[.,]$/.test(next);
}

/** A run of blanks in the layout takes any run of blanks in the text. */
function skipLiteral(text: string, literal: string): string | undefined {
  let rest = text;
  for (const piece of literal.split(/( +)/)) {
    if (piece.startsWith(' ')) {
      if (rest !== '' && !rest.startsWith(' ')) return undefined;
      rest = rest.replace(/^ +/, '');
    } else {
      if (!rest.startsWith(piece)) return undefined;
      rest = rest.slice(piece.length);
    }
  }
  return rest;
}

/** Reads one field from the start of `text` into `parts`. @returns what is left, undefined when the text does not fit */
function readField(text: string, field: PatternField, parts: Parts): string | undefined {
  const number = (re: RegExp, put: (n: number) => void): string | undefined => {
    const m = re.exec(text);
    if (!m) return undefined;
    put(Number(m[0]));
    return text.slice(m[0].length);
  };
  const name = (names: readonly string[], letters: number | undefined, put: (index: number) => void): string | undefined => {
    const start = text.slice(0, LONGEST_NAME).toLowerCase();
    const at = names.findIndex((n) => start.startsWith(n.slice(0, letters).toLowerCase()));
    if (at < 0) return undefined;
    put(at);
    return text.slice(letters ?? names[at]!.length);
  };
  switch (field.code) {
    case 'yyyy':
      return number(/^\d{4}/, (n) => (parts.year = n));
    case 'yy':
      return number(/^\d\d/, (n) => (parts.year = n >= 69 ? 1900 + n : 2000 + n));
    case 'M':
      return number(/^\d\d?/, (n) => (parts.month = n));
    case 'MM':
      return number(/^\d\d/, (n) => (parts.month = n));
    case 'MMM':
      return name(monthNames, 3, (i) => (parts.month = i + 1));
    case 'MMMM':
      return name(monthNames, undefined, (i) => (parts.month = i + 1));
    case 'd':
      return number(/^\d\d?/, (n) => (parts.day = n));
    case 'dd':
      return number(/^\d\d/, (n) => (parts.day = n));
    case '_d':
      return number(/^ ?\d\d?/, (n) => (parts.day = n));
    case 'EEE':
      return name(dayNames, 3, () => undefined); // the day of the week is not checked against the date, as in Go
    case 'EEEE':
      return name(dayNames, undefined, () => undefined);
    case 'HH':
      return number(/^\d\d?/, (n) => (parts.hour = n));
    case 'h':
      return number(/^\d\d?/, (n) => (parts.hour = n > 12 ? Number.NaN : n));
    case 'hh':
      return number(/^\d\d/, (n) => (parts.hour = n > 12 ? Number.NaN : n));
    case 'a': {
      const m = /^(AM|PM)/.exec(text);
      if (m) parts.pm = m[0] === 'PM';
      return m ? text.slice(2) : undefined;
    }
    case 'm':
      return number(/^\d\d?/, (n) => (parts.minute = n));
    case 'mm':
      return number(/^\d\d/, (n) => (parts.minute = n));
    case 's':
      return number(/^\d\d?/, (n) => (parts.second = n));
    case 'ss':
      return number(/^\d\d/, (n) => (parts.second = n));
    case 'S': {
      const m = field.ownDot ? /^[.,](\d+)/.exec(text) : /^(\d+)/.exec(text);
      if (!m) return undefined;
      parts.nano = Number(m[1]!.slice(0, 9).padEnd(9, '0'));
      return text.slice(m[0].length);
    }
    case 'z': {
      const m = /^(?:GMT[+-]\d{1,2}|[+-]\d\d(?!\d)|[A-Z]{3,5}(?![A-Z]))/.exec(text);
      if (!m) return undefined;
      parts.zoneName = m[0];
      return text.slice(m[0].length);
    }
    default: {
      const digits = field.code.endsWith('XXX') ? /^[+-]\d\d:\d\d/ : field.code.endsWith('XX') ? /^[+-]\d{4}/ : /^[+-]\d\d/;
      const m = field.code.startsWith('zone') && text.startsWith('Z') ? ['Z'] : digits.exec(text);
      if (!m) return undefined;
      parts.offsetSec = offsetOf(m[0]!);
      return text.slice(m[0]!.length);
    }
  }
}

/** `Z`, `+08`, `+0800`, `+08:00` */
function offsetOf(text: string): number {
  if (text === 'Z') return 0;
  const digits = text.slice(1).replace(':', '');
  const seconds = Number(digits.slice(0, 2)) * 3600 + Number(digits.slice(2, 4) || '0') * 60;
  return text.startsWith('-') ? -seconds : seconds;
}

/** @returns undefined when a field is out of its range */
function toMoment(parts: Parts, env: TimeEnv): DateTime | undefined {
  let hour = parts.hour;
  if (parts.pm === true && hour < 12) hour += 12;
  if (parts.pm === false && hour === 12) hour = 0;
  let { year, month, day } = parts;
  if (year === undefined) {
    const today = civilOf(DateTime.fromMs(env.clock?.now() ?? Date.now(), env.timeZone));
    year = today.year;
    if (month === undefined && day === undefined) {
      month = today.month;
      day = today.day;
    }
  }
  month ??= 1;
  day ??= 1;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  if (!(hour < 24) || parts.minute > 59 || parts.second > 59) return undefined;
  const wall = { year, month, day, hour, minute: parts.minute, second: parts.second, nano: parts.nano };
  if (parts.offsetSec !== undefined) {
    const ns = epochNsOfCivil(wall, 'UTC') - BigInt(parts.offsetSec) * 1_000_000_000n;
    const own = zoneOffsetSec(env.timeZone, Number(ns / 1_000_000_000n));
    // As in Go: an offset that the configured zone has at that moment means that zone.
    return new DateTime(ns, parts.offsetSec === 0 ? 'UTC' : own === parts.offsetSec ? env.timeZone : fixedZoneName(parts.offsetSec));
  }
  if (parts.zoneName !== undefined && parts.zoneName !== 'UTC') return inNamedZone(wall, parts.zoneName, env);
  const zone = parts.zoneName === 'UTC' ? 'UTC' : env.timeZone;
  if (env.naive === undefined || zone === 'UTC') return new DateTime(epochNsOfCivil(wall, zone), zone);
  const wallNs = epochNsOfCivil(wall, 'UTC');
  const wallMs = Number(wallNs / 1_000_000n);
  return new DateTime(wallNs + BigInt(env.naive(wallMs, zone) - wallMs) * 1_000_000n, zone);
}

/** Abbreviations are those of the configured zone; any other counts as UTC, except `GMT+3` and `+03`, as in Go. */
function inNamedZone(wall: Parameters<typeof epochNsOfCivil>[0], name: string, env: TimeEnv): DateTime {
  const local = new DateTime(epochNsOfCivil(wall, env.timeZone), env.timeZone);
  if (zoneAbbreviation(local, civilOf(local).offsetSec) === name) return local;
  const hours = /([+-]\d{1,2})$/.exec(name);
  const offsetSec = hours ? Number(hours[1]) * 3600 : 0;
  return new DateTime(epochNsOfCivil(wall, 'UTC') - BigInt(offsetSec) * 1_000_000_000n, fixedZoneName(offsetSec));
}

/** A fraction of more than nine digits is cut, one without digits (`10:00:00.`) is zero. Texts with several dots are left alone. */
function cutFraction(text: string): string {
  const dot = text.indexOf('.');
  if (dot < 0 || text.indexOf('.', dot + 1) >= 0) return text;
  const digits = /^\d*/.exec(text.slice(dot + 1))![0];
  return text.slice(0, dot + 1) + (digits.slice(0, 9) || '0') + text.slice(dot + 1 + digits.length);
}
