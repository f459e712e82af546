// Event time of a row, as the stream's TIMESTAMP says: a column, a nested path (`params.ts`) or an SQL expression. A number is ms since the
// epoch, or of the unit that TIMESTAMP_FORMAT names; a text is read by TIMESTAMP_FORMAT as pattern, or by the general layouts (sql.md 7.1). Texts
// without a zone are wall times: naive-time.ts. Used by source-pool.ts for rules with isEventTime. Expressions: timestamp-expression.ts.
import { rowError } from '../../base/errors/gateway-error.ts';
import { toDateTime } from '../../data/datetime-from.ts';
import type { TimeEnv } from '../../data/datetime-parse.ts';
import { compileDatePattern } from '../../data/datetime-pattern.ts';
import { brief } from '../../data/go-format.ts';
import { isStruct, type Row, type Value } from '../../data/value.ts';
import { createNaiveTime } from './naive-time.ts';

/** Units of numbers, by the name that TIMESTAMP_FORMAT has: how many nanoseconds. */
const units: Readonly<Record<string, bigint>> = {
  s: 1_000_000_000n,
  ms: 1_000_000n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ns: 1n,
};

/** @returns nanoseconds of a unit: `s`, `ms`, `us`, `ns`, also written `unix_s` …; undefined for a pattern of texts */
export function timestampUnit(format: string | undefined): bigint | undefined {
  const name =
    format
      ?.trim()
      .toLowerCase()
      .replace(/^unix_/, '') ?? '';
  return Object.hasOwn(units, name) ? units[name] : undefined;
}

/** @param evaluate reads the timestamp where no column has its name: an expression
 *  @throws (the returned function) rowError for a row without the column or with an unreadable value; the row is dropped and counted */
export function createEventTime(
  timestamp: string,
  env: TimeEnv,
  format?: string,
  evaluate: ((row: Row) => Value) | undefined = pathOf(timestamp),
): (row: Row) => number {
  const unitNs = timestampUnit(format);
  const pattern = format && unitNs === undefined ? compileDatePattern(format) : undefined;
  const naive = createNaiveTime(env);
  const texts: TimeEnv = { ...env, naive: (wallMs, zone) => naive.read(wallMs, zone) };
  const read = (row: Row): number => {
    // a column whose name looks like a path or an expression is a column
    const v = Object.hasOwn(row, timestamp) ? row[timestamp] : evaluate?.(row);
    if (v === undefined || v === null) throw rowError(`error in preprocessor: field ${timestamp} is not found`);
    if (unitNs !== undefined) return ofUnit(v, unitNs) ?? toDateTime(v, texts).epochMs;
    if (typeof v === 'number' && Number.isFinite(v)) return Math.trunc(v);
    if (typeof v === 'bigint') return Number(v);
    return toDateTime(v, texts, pattern).epochMs;
  };
  return (row) => {
    const ms = read(row);
    naive.seen(ms);
    return ms;
  };
}

/** Whole milliseconds, rounded down; a text that is a number counts as one. @returns undefined for what is no number */
function ofUnit(v: Value, unitNs: bigint): number | undefined {
  if (typeof v === 'bigint') return Number(floorDiv(v * unitNs, 1_000_000n));
  const n = typeof v === 'string' && /^\s*[+-]?\d+(\.\d*)?\s*$/.test(v) ? (/\./.test(v) ? Number(v) : BigInt(v.trim())) : v;
  if (typeof n === 'bigint') return ofUnit(n, unitNs);
  if (typeof n !== 'number') return undefined;
  if (!Number.isFinite(n)) throw rowError(`time of the row is ${brief(v)}, which is not a date`);
  // a fraction of a second has more digits than a float holds: what is below a microsecond is rounding
  const us = (n * Number(unitNs)) / 1000;
  return Math.floor(Math.round(us) / 1000);
}

const floorDiv = (a: bigint, b: bigint): bigint => (a % b < 0n ? a / b - 1n : a / b);

/** `a.b.c`: members of objects. @returns undefined for a plain name */
export function pathOf(timestamp: string): ((row: Row) => Value) | undefined {
  const names = timestamp.split('.');
  if (names.length < 2 || names.some((n) => !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(n))) return undefined;
  return (row) => {
    let v: Value = row;
    for (const name of names) {
      if (!isStruct(v) || !Object.hasOwn(v, name)) return undefined;
      v = v[name];
    }
    return v;
  };
}

/** True when TIMESTAMP is neither a plain name nor a path. */
export const isExpression = (timestamp: string): boolean => pathOf(timestamp) === undefined && !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(timestamp);
