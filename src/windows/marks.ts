// Moments at which windows of the clock end, as a function of time alone: the same whenever a rule began. Marks stand at whole multiples of
// the step on the wall clock of the zone (weeks on Mondays, months on the 1st), moved by the offset. So a day ends at midnight and a shift at
// 06:00 through clock changes: such a day has 23 or 25 hours. Steps that fit into a clock change (15 min, mostly also 1 h) stay exact.
// Called by aligned.ts, session.ts and exec/fold-store.ts. Zones: zone-spans.ts. Why: docs/adr/0120-calendar-windows.md.
import { daysOfDate } from '../data/datetime-civil.ts';
import type { TimeUnit } from './spec.ts';
import { createZoneSpans, type ZoneSpans } from './zone-spans.ts';

export interface Marks {
  /** The first mark after the moment. Epoch ms. */
  next(atMs: number): number;
  /** The last mark at or before the moment. */
  floor(atMs: number): number;
  /** The mark so many steps before a mark. */
  back(markMs: number, steps: number): number;
}

export interface MarksSpec {
  unit: TimeUnit;
  /** Step in units, at least 1. */
  count: number;
  /** IANA name */
  timeZone: string;
  /** Marks are so much later on the wall clock; may be negative. */
  offsetMs?: number;
}

const DAY_MS = 86_400_000;
/** Monday, 1970-01-05: weeks are counted from there. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

const STEP_MS: Readonly<Record<Exclude<TimeUnit, MonthUnit>, number>> = {
  ww: 7 * DAY_MS,
  dd: DAY_MS,
  hh: 3_600_000,
  mi: 60_000,
  ss: 1000,
  ms: 1,
};
type MonthUnit = 'mm' | 'qq' | 'yy';
const MONTHS: Readonly<Record<MonthUnit, number>> = { mm: 1, qq: 3, yy: 12 };

const isMonths = (unit: TimeUnit): unit is MonthUnit => Object.hasOwn(MONTHS, unit);

export function createMarks({ unit, count, timeZone, offsetMs = 0 }: MarksSpec): Marks {
  const spans = createZoneSpans(timeZone);
  if (isMonths(unit)) return marksOf(monthLabels(MONTHS[unit] * count, offsetMs), spans, () => false, undefined);
  const stepMs = STEP_MS[unit] * count;
  const labels = evenLabels(stepMs, offsetMs + (unit === 'ww' ? FIRST_MONDAY_MS : 0));
  // both passes of a doubled hour have windows of their own where the step fits into it
  return marksOf(labels, spans, (shiftMs) => shiftMs % stepMs === 0, stepMs);
}

/** Windows by number on the wall clock. */
interface Labels {
  of(wallMs: number): number;
  /** Wall time at which the window of that number begins. */
  begin(label: number): number;
}

function evenLabels(stepMs: number, originMs: number): Labels {
  return {
    of: (wallMs) => Math.floor((wallMs - originMs) / stepMs),
    begin: (label) => label * stepMs + originMs,
  };
}

function monthLabels(months: number, offsetMs: number): Labels {
  return {
    of(wallMs) {
      const d = new Date(wallMs - offsetMs);
      return Math.floor((d.getUTCFullYear() * 12 + d.getUTCMonth()) / months);
    },
    begin: (label) => daysOfDate(0, label * months + 1, 1) * DAY_MS + offsetMs,
  };
}

/** @param repeats true when a step that ends where the clock is set back by so much ends there, and is gone through again
 *  @param stepMs length of every step between two clock changes; undefined when they differ */
function marksOf(labels: Labels, spans: ZoneSpans, repeats: (shiftMs: number) => boolean, stepMs: number | undefined): Marks {
  const labelIn = (span: { offsetMs: number }, ms: number): number => labels.of(ms + span.offsetMs);
  const beginIn = (span: { offsetMs: number }, label: number): number => labels.begin(label) - span.offsetMs;
  /** True when a window ends where the span begins. @param label of the window up to there */
  const isMark = (fromMs: number, label: number): boolean => {
    const before = spans.at(fromMs - 1);
    const after = spans.at(fromMs);
    if (labelIn(after, fromMs) > label) return true;
    return beginIn(before, label + 1) === fromMs && repeats(before.offsetMs - after.offsetMs);
  };
  /** Number of the window that holds the moment. Where the clock was set back before it, the window that ran then goes on. */
  const labelAt = (ms: number): number => {
    const span = spans.at(ms);
    const own = labelIn(span, ms);
    if (span.fromMs === Number.NEGATIVE_INFINITY) return own;
    const before = labelIn(spans.at(span.fromMs - 1), span.fromMs - 1);
    return before > own && !isMark(span.fromMs, before) ? before : own;
  };
  const marks: Marks = {
    next(atMs) {
      const label = labelAt(atMs);
      for (let span = spans.at(atMs); ; span = spans.at(span.toMs)) {
        const end = beginIn(span, label + 1);
        if (end < span.toMs && end > atMs) return end;
        if (isMark(span.toMs, label)) return span.toMs;
      }
    },
    floor(atMs) {
      const label = labelAt(atMs);
      for (let span = spans.at(atMs); ; span = spans.at(span.fromMs - 1)) {
        const begin = beginIn(span, label);
        if (span.fromMs === Number.NEGATIVE_INFINITY) return begin;
        const earlier = labelIn(spans.at(span.fromMs - 1), span.fromMs - 1);
        // else the window ran before the clock was set back already
        if (earlier < label || isMark(span.fromMs, earlier)) return Math.max(begin, span.fromMs);
      }
    },
    back(markMs, steps) {
      if (stepMs !== undefined && markMs - steps * stepMs >= spans.at(markMs).fromMs) return markMs - steps * stepMs;
      let at = markMs;
      for (let i = 0; i < steps; i++) at = marks.floor(at - 1);
      return at;
    },
  };
  return marks;
}
