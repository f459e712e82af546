// Event time of a row from the stream's TIMESTAMP column: a number is ms since the epoch, a text is read by TIMESTAMP_FORMAT or the
// general layouts (sql.md 7.1). Used by source-node.ts for rules with isEventTime.
import { rowError } from '../../base/errors/gateway-error.ts';
import { toDateTime } from '../../data/datetime-from.ts';
import type { TimeEnv } from '../../data/datetime-parse.ts';
import { compileDatePattern } from '../../data/datetime-pattern.ts';
import type { Row } from '../../data/value.ts';

/** @throws (the returned function) rowError for a row without the column or with an unreadable value; the row is dropped and counted */
export function createEventTime(column: string, env: TimeEnv, format?: string): (row: Row) => number {
  const pattern = format ? compileDatePattern(format) : undefined;
  return (row) => {
    const v = Object.hasOwn(row, column) ? row[column] : undefined;
    if (typeof v === 'number' && Number.isFinite(v)) return Math.trunc(v);
    if (typeof v === 'bigint') return Number(v);
    if (v === undefined || v === null) throw rowError(`error in preprocessor: field ${column} is not found`);
    return toDateTime(v, env, pattern).epochMs;
  };
}
