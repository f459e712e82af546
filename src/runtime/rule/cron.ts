// Five-field cron (minute hour day month weekday) and the @-forms of eKuiper's library, in a given time zone. Own and small, since the
// patrol loop only asks "when is the next time after t". Used by schedule.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { parseDurationMs } from '../../contract/props.ts';
import { DateTime } from '../../data/datetime.ts';
import { civilOf, epochNsOfCivil } from '../../data/datetime-civil.ts';

export interface Cron {
  /** @returns epoch ms strictly after `afterMs`; undefined when there is none within five years (30 February) */
  next(afterMs: number): number | undefined;
}

const monthNames = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const names: Readonly<Record<string, number>> = Object.fromEntries([
  ...['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'].map((n, i): [string, number] => [n, i]),
  ...monthNames.map((n, i): [string, number] => [n, i + 1]),
]);

const shortForms: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};

const FIVE_YEARS_DAYS = 5 * 366;
const MINUTE_MS = 60_000;

/** @throws RULE_INVALID_CRON */
export function parseCron(text: string, timeZone: string): Cron {
  try {
    const t = text.trim();
    if (t.startsWith('@every ')) return every(parseDurationMs(t.slice(7)));
    return fromFields(shortForms[t.toLowerCase()] ?? t, timeZone);
  } catch (error) {
    throw new GatewayError('RULE_INVALID_CRON', { cron: text, problem: messageOf(error) });
  }
}

function every(intervalMs: number): Cron {
  if (!(intervalMs > 0)) throw new Error('the interval must be positive');
  // the library rounds to whole seconds, at least one
  const stepMs = Math.max(1000, Math.floor(intervalMs / 1000) * 1000);
  return { next: (afterMs) => Math.floor(afterMs / 1000) * 1000 + stepMs };
}

function fromFields(text: string, zone: string): Cron {
  const parts = text.split(/\s+/);
  if (parts.length !== 5) throw new Error(`expected exactly 5 fields, found ${parts.length}`);
  const minutes = field(parts[0]!, 0, 59);
  const hours = field(parts[1]!, 0, 23);
  const days = field(parts[2]!, 1, 31);
  const months = field(parts[3]!, 1, 12);
  const weekdays = field(parts[4]!, 0, 6);
  // both day fields given: either may fit, as in every cron
  const either = parts[2] !== '*' && parts[2] !== '?' && parts[4] !== '*' && parts[4] !== '?';
  const dayFits = (year: number, month: number, day: number) => {
    const inMonth = days.has(day);
    const inWeek = weekdays.has(new Date(Date.UTC(year, month - 1, day)).getUTCDay());
    return either ? inMonth || inWeek : inMonth && inWeek;
  };
  return {
    next(afterMs) {
      const firstMs = Math.floor(afterMs / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
      const start = civilOf(DateTime.fromMs(firstMs, zone));
      for (let d = 0; d < FIVE_YEARS_DAYS; d++) {
        const date = new Date(Date.UTC(start.year, start.month - 1, start.day + d));
        const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
        if (!months.has(month) || !dayFits(year, month, day)) continue;
        for (const hour of hours)
          for (const minute of minutes) {
            const ms = Number(epochNsOfCivil({ year, month, day, hour, minute, second: 0, nano: 0 }, zone) / 1_000_000n);
            if (ms < firstMs) continue;
            // a time that the change to summer time leaves out is moved by the zone rules; only real ones count
            const back = civilOf(DateTime.fromMs(ms, zone));
            if (back.hour === hour && back.minute === minute) return ms;
          }
      }
      return undefined;
    },
  };
}

/** Sorted set of the values of one field: star, numbers, names, a-b, star/n, a-b/n, lists. */
function field(text: string, min: number, max: number): Set<number> {
  const out: number[] = [];
  for (const part of text.split(',')) {
    const m = /^(\*|\?|[a-z0-9]+)(?:-([a-z0-9]+))?(?:\/(\d+))?$/i.exec(part);
    if (!m) throw new Error(`"${part}" is not understood`);
    const star = m[1] === '*' || m[1] === '?';
    const step = m[3] === undefined ? 1 : Number(m[3]);
    if (step === 0) throw new Error(`step of "${part}" is zero`);
    const from = star ? min : value(m[1]!, part);
    let to = m[2] !== undefined ? value(m[2], part) : star || m[3] !== undefined ? max : from;
    if (from < min) throw new Error(`"${part}" is below the minimum ${min}`);
    if (to > max) throw new Error(`"${part}" is above the maximum ${max}`);
    if (from > to) throw new Error(`"${part}" ends before it begins`);
    to = Math.min(to, max);
    for (let v = from; v <= to; v += step) out.push(v);
  }
  return new Set(out.sort((a, b) => a - b));
}

function value(text: string, part: string): number {
  const v = /^\d+$/.test(text) ? Number(text) : names[text.toLowerCase()];
  if (v === undefined) throw new Error(`"${part}" is not understood`);
  return v;
}
