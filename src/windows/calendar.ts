// Where calendar windows of a rule end and begin (standard SQL): the ends are marks of the hop, a window begins whole hops or units before
// its end. Undefined for rules with eKuiper's answers, whose windows are plain steps from the first one. Called by tumbling.ts, hopping.ts
// and exec/incremental.ts, which folds rows into the windows that hold them. Next: marks.ts.
import { UNIT_MS } from './align.ts';
import { createMarks, type Marks } from './marks.ts';
import type { WindowSpec } from './spec.ts';

export interface WindowCalendar {
  /** First end after the moment. Epoch ms. */
  next(atMs: number): number;
  /** Begin of the window that ends at the mark. */
  start(endMs: number): number;
}

/** A window so many small steps long is measured in ms. */
const MAX_STEPS = 1000;

/** Of tumbling and hopping windows. */
export function calendarOf(spec: WindowSpec): WindowCalendar | undefined {
  if (spec.standard !== true) return undefined;
  const unit = spec.unit ?? 'ms';
  const length = spec.lengthMs! / UNIT_MS[unit];
  const hop = (spec.kind === 'hopping' ? (spec.intervalMs ?? spec.lengthMs!) : spec.lengthMs!) / UNIT_MS[unit];
  const marksOf = (count: number): Marks => createMarks({ unit, count, timeZone: spec.timeZone, offsetMs: spec.offsetMs ?? 0 });
  const ends = marksOf(hop);
  const common = gcd(length, hop);
  const steps = length / common;
  if (steps > MAX_STEPS) return { next: ends.next, start: (endMs) => endMs - spec.lengthMs! };
  const begins = common === hop ? ends : marksOf(common);
  return { next: ends.next, start: (endMs) => begins.back(endMs, steps) };
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
