// The historian as connectors, REST and the command line see it: values of named series over time, kept on the box. Made by src/history.
import type { Row } from '../data/value.ts';

export type StoredValue = number | bigint | string | boolean;

/** What one row brings to its series. */
export interface HistoryRow {
  series: string;
  atMs: number;
  /** Tells rows of one series and millisecond apart; 0 for rows that bring their own time stamp, which replace each other. */
  nth: number;
  values: readonly (readonly [field: string, value: StoredValue])[];
}

/** Average, least, greatest, number of a field's values in a span that begins at `atMs`. */
export type PlotPoint = readonly [atMs: number, average: number, least: number, greatest: number, count: number];

export interface Plot {
  series: string;
  fromMs: number;
  toMs: number;
  /** Width of one span. */
  stepMs: number;
  /** The coarsest values that were used: each one, minutes, hours. */
  detail: 'values' | 'minutes' | 'hours';
  fields: Record<string, PlotPoint[]>;
}

export interface PlotRequest {
  series: string;
  fromMs: number;
  toMs: number;
  /** Spans at most. */
  points: number;
  /** Empty: all. */
  fields: readonly string[];
}

export interface SeriesInfo {
  series: string;
  /** Latest value of each field; the time is the field's own. null: only minutes or hours are left of it. */
  fields: Record<string, { atMs: number; value: StoredValue } | null>;
}

export interface HistoryState {
  /** Bytes in use in the file; free pages within it are not counted. */
  usedBytes: number;
  maxBytes: number;
  /** Since when there is each kind; before it only the coarser ones. 0: nothing was removed yet. */
  valuesFromMs: number;
  minutesFromMs: number;
  hoursFromMs: number;
  /** Removed since they are older than the settings keep them. */
  expired: { values: number; minutes: number; hours: number };
  /** Removed before that, since the file is at its bound. */
  discarded: { values: number; minutes: number; hours: number };
  /** What could not be done in the background; it is tried again each minute. */
  problem: string;
}

export interface QueryAnswer {
  columns: readonly string[];
  rows: readonly Row[];
  /** There are more rows than are given. */
  truncated: boolean;
}

export interface Historian {
  /** Opens the file and makes it when it is not there. @throws ioError */
  open(): Promise<void>;
  /** After `open`. @returns resolves when the row is on disk  @throws rowError for a row that is not taken: too old, a wrong name, too many names */
  append(row: HistoryRow): Promise<void>;
  /** Series with their fields and latest values. */
  series(): Promise<SeriesInfo[]>;
  /** @throws GatewayError HISTORY_UNKNOWN_SERIES */
  plot(request: PlotRequest): Promise<Plot>;
  /** Values of all fields in one span, or undefined when there are none: `temp` is the average, with `temp_min`, `temp_max`, `temp_count`. */
  span(series: string, fromMs: number, toMs: number): Promise<Row | undefined>;
  /** The last value of each field at or before a moment, none older than `maxAgeMs`. */
  last(series: string, atMs: number, maxAgeMs: number): Promise<Row | undefined>;
  /** A SELECT of SQLite over history, history_minutes, history_hours. @throws GatewayError HISTORY_QUERY */
  query(sql: string, limits?: { maxRows?: number; timeoutMs?: number }): Promise<QueryAnswer>;
  /** @returns false when there is no such series */
  remove(series: string): Promise<boolean>;
  /** As last looked at; nothing is read. */
  state(): HistoryState;
  close(): Promise<void>;
}
