// The statements of the historian's file. New values go to `recent`, in order of time: few pages are written however many series there are.
// Every ten minutes what is older is sorted into `raw`, by series, and added up by the minute and by the hour (docs/adr/0235). What comes late
// goes into `raw` at once. So a value is in one of the two. Used by box.ts, read.ts; the tables are made by store/migrations.

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;

export const isNumber = (column: string) => `typeof(${column}) IN ('integer', 'real')`;
const totals = (from: string) => `count(*), min(${from}), max(${from}), total(${from})`;
const sums = 'sum(m.n), min(m.least), max(m.greatest), total(m.sum)';
const into = (table: string) => `INSERT OR REPLACE INTO ${table} (name, at, n, least, greatest, sum)`;

/** The parameter of these is a JSON list of [name, at, nth, value]. */
const listed = 'SELECT value->>0 AS name, value->>1 AS at, value->>2 AS nth, value->>3 AS value FROM json_each(?)';
const spansOf = (stepMs: number, rows: string) => `(SELECT DISTINCT name, at - at % ${stepMs} AS at FROM (${rows}))`;

const hoursOf = (rows: string): string =>
  `${into('hours')} SELECT b.name, b.at, ${sums} FROM ${spansOf(HOUR_MS, rows)} b
   JOIN minutes m ON m.name = b.name AND m.at >= b.at AND m.at < b.at + ${HOUR_MS} GROUP BY b.name, b.at`;

export const putNames = 'INSERT OR IGNORE INTO names (id, series, field) SELECT value->>0, value->>1, value->>2 FROM json_each(?)';
export const putRecent = `INSERT OR REPLACE INTO recent (name, at, nth, value) ${listed}`;
/** Sums of the minutes of these values anew, from `raw`. */
const minutesOf = (rows: string): string =>
  `${into('minutes')} SELECT b.name, b.at, ${totals('r.value')} FROM ${spansOf(MINUTE_MS, rows)} b
   JOIN raw r ON r.name = b.name AND r.at >= b.at AND r.at < b.at + ${MINUTE_MS} WHERE ${isNumber('r.value')} GROUP BY b.name, b.at`;
/** Late values: what they change is added up anew. */
export const putLate: readonly string[] = [
  `INSERT OR REPLACE INTO raw (name, at, nth, value) ${listed}`,
  minutesOf(listed),
  hoursOf(listed),
];
const older = 'SELECT name, at FROM recent WHERE at < ?';
/** All that is older than a moment, a whole minute, is sorted in. */
export const sortIn: readonly string[] = [
  'INSERT OR REPLACE INTO raw (name, at, nth, value) SELECT name, at, nth, value FROM recent WHERE at < ? ORDER BY name, at, nth',
  minutesOf(older),
  hoursOf(older),
  'DELETE FROM recent WHERE at < ?',
];

export const putMark = 'INSERT OR REPLACE INTO marks (what, value) VALUES (?, ?)';
/** @param table of this file, a name of ours */
export const addCount = (table: string): string =>
  `INSERT INTO marks (what, value) SELECT ?, count(*) FROM ${table} WHERE name = ? AND at < ? ON CONFLICT (what) DO UPDATE SET value = value + excluded.value`;
export const removeOld = (table: string): string => `DELETE FROM ${table} WHERE name = ? AND at < ?`;

export const tables = ['raw', 'recent', 'minutes', 'hours'] as const;

/** A value with its digits: numbers of the library lose those beyond 2^53. */
export const exactValue = "value, CASE typeof(value) WHEN 'integer' THEN CAST(value AS TEXT) END AS digits";
export interface Exact {
  value: string | number;
  digits: string | null;
}
export const storedValue = ({ value, digits }: Exact): string | number | bigint => (digits === null ? value : BigInt(digits));
