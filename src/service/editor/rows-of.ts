// Rows for a comparison, from JSON lines: rows of the first stream of the statement, or {"stream": …, "row": …, "atMs": …}. Used by index.ts.
import { GatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import { isRecord } from '../../base/is-record.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import { MAX_ROWS, type ReplayRow } from './replay.ts';

/** @param inputs streams and tables of the statement, in order  @throws GatewayError SERVICE_REFUSED with the line */
export function rowsOf(lines: string, inputs: readonly string[]): ReplayRow[] {
  const rows: ReplayRow[] = [];
  for (const [i, line] of lines.split('\n').entries()) {
    if (line.trim() === '') continue;
    const refuse = (why: string, cause?: unknown) =>
      new GatewayError('SERVICE_REFUSED', { text: `rows, line ${i + 1}: ${why}` }, { cause });
    let value: unknown;
    try {
      value = parseKeepingIntegers(line);
    } catch (error) {
      throw refuse(messageOf(error), error);
    }
    if (!isRecord(value)) throw refuse('expected a JSON object');
    if (rows.length >= MAX_ROWS) throw refuse(`these are more than ${MAX_ROWS} rows`);
    rows.push(rowOf(value, inputs, refuse));
  }
  return rows;
}

/** A row may have a column `stream` of its own: only together with an object `row`, and nothing else, it names a stream. */
function rowOf(value: Record<string, unknown>, inputs: readonly string[], refuse: (why: string) => Error): ReplayRow {
  const { stream, row, atMs, ...more } = value;
  if (typeof stream !== 'string' || !isRecord(row) || Object.keys(more).length > 0) return { stream: inputs[0]!, row: value };
  if (!inputs.includes(stream)) throw refuse(`the statement does not read ${stream}, but ${inputs.join(', ')}`);
  if (atMs !== undefined && !Number.isSafeInteger(atMs)) throw refuse('atMs: expected milliseconds since 1970');
  return { stream, row, ...(atMs === undefined ? {} : { atMs: atMs as number }) };
}
