// Names of units of time: short ones of windows, and the words of INTERVAL. Shared by parser and printer.
import type { TimeUnit } from './ast.ts';

/** As INTERVAL is written back. */
export const unitNames: Readonly<Record<TimeUnit, string>> = {
  yy: 'year',
  qq: 'quarter',
  mm: 'month',
  ww: 'week',
  dd: 'day',
  hh: 'hour',
  mi: 'minute',
  ss: 'second',
  ms: 'millisecond',
};

const words: ReadonlyMap<string, TimeUnit> = new Map(
  (Object.entries(unitNames) as [TimeUnit, string][]).flatMap(([unit, name]) => [
    [unit, unit],
    [name, unit],
    [`${name}s`, unit],
  ]),
);
const more: Readonly<Record<string, TimeUnit>> = {
  h: 'hh',
  min: 'mi',
  mins: 'mi',
  s: 'ss',
  sec: 'ss',
  secs: 'ss',
  d: 'dd',
  w: 'ww',
  wk: 'ww',
  y: 'yy',
};

/** @param word in any case: `minute`, `minutes`, `min`, `mi` */
export function unitOf(word: string): TimeUnit | undefined {
  const lower = word.toLowerCase();
  return words.get(lower) ?? (Object.hasOwn(more, lower) ? more[lower] : undefined);
}
