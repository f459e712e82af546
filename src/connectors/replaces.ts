// Keys of sinks that replace rows by the value of a column (contract/sink.ts `replaces`): memory and sql.
import type { SinkData } from '../contract/sink.ts';
import type { Row } from '../data/value.ts';

/** @param place of the rows at the destination: a topic, a table  @returns one key for each row that has the column */
export function rowKeys(data: SinkData, keyField: string, place: string): string[] {
  if (typeof data === 'string' || data instanceof Uint8Array) return [];
  const rows: readonly Row[] = Array.isArray(data) ? data : [data];
  return rows.filter((row) => row[keyField] !== undefined).map((row) => `${place} ${keyField}=${String(row[keyField])}`);
}
