// The same rows through one statement in virtual time, without sources, sinks and store: what would it have sent? Used by diff.ts. Rows come one
// after the other by their own times, or with a second between them; at the end the clock goes on until the windows are over.
import { beginMessage } from '../../base/budget.ts';
import { createVirtualClock } from '../../base/clock.ts';
import { messageOf } from '../../base/errors/gateway-error.ts';
import { createMemoryLog } from '../../base/log.ts';
import { bigintAsNumber } from '../../base/raw-json.ts';
import { createJsonDecoder } from '../../codecs/json/decode.ts';
import type { StreamSchema } from '../../contract/schema.ts';
import { toJsonText } from '../../data/json-text.ts';
import { Tuple } from '../../data/tuple.ts';
import type { Row, Value } from '../../data/value.ts';
import { newOperatorStats, type OperatorStats, type ProgramHost, type RuleProgram } from '../../exec/operator.ts';
import { createEventTime, isExpression, pathOf } from '../../runtime/source/event-time.ts';
import { parseKeepingIntegers } from '../json-text.ts';
import { optionOf, type SourceDefinition } from '../streams/definition.ts';

export interface ReplayRow {
  readonly stream: string;
  readonly row: unknown;
  /** Arrival, epoch ms. */
  readonly atMs?: number;
}

export interface ReplayResult {
  /** After so many rows; results with the same number came in the order in which they stand. */
  readonly afterRow: number;
  /** Virtual time, epoch ms. */
  readonly atMs: number;
  readonly rows: readonly unknown[];
}

export interface Replay {
  readonly results: readonly ReplayResult[];
  /** Rows that could not be computed, by text. */
  readonly errors: readonly { text: string; count: number }[];
  /** There were more results than are kept. */
  readonly cut: boolean;
}

export interface ReplayOptions {
  readonly timeZone: string;
  find(source: string): SourceDefinition | undefined;
}

export const MAX_ROWS = 10_000;
const MAX_RESULTS = 1_000;
const MAX_ERRORS = 20;
const BETWEEN_ROWS_MS = 1_000;
/** After the last row the clock goes on for twice the longest window, and not beyond. */
const MAX_REST_MS = 2 * 24 * 3_600_000;
const MIN_REST_MS = 1_000;

/** @throws GatewayError or Error when the program cannot run apart from the gateway */
export async function replay(program: RuleProgram, rows: readonly ReplayRow[], { timeZone, find }: ReplayOptions): Promise<Replay> {
  const clock = createVirtualClock(rows[0]?.atMs ?? Date.UTC(2026, 0, 1));
  const { log } = createMemoryLog();
  const results: ReplayResult[] = [];
  const errors = new Map<string, number>();
  let afterRow = 0;
  let cut = false;
  const layouts = program.inputs.map((i) => [...i.columns, ...(i.all ? ['*'] : [])]);
  const readers = program.inputs.map((i) => readerOf(find(i.source), timeZone, clock));
  const toTuple = (input: number, raw: unknown): Tuple => {
    const row = readers[input]!.decode(raw);
    const tsMs = program.eventTime ? readers[input]!.timeOf(row) : clock.now();
    return new Tuple(
      layouts[input]!.map((c): Value => (c === '*' ? row : Object.hasOwn(row, c) ? row[c] : undefined)),
      tsMs,
    );
  };
  const failed = (error: unknown) => {
    const text = messageOf(error);
    if (errors.has(text) || errors.size < MAX_ERRORS) errors.set(text, (errors.get(text) ?? 0) + 1);
  };
  const stats = new Map<string, OperatorStats>();
  const host: ProgramHost = {
    ruleId: '$$replay',
    clock,
    log,
    env: {
      clock,
      log,
      timeZone,
      ruleId: '$$replay',
      random: () => 0.5,
      property: () => undefined,
      keyedState: { get: () => null, put: () => undefined },
    },
    emit(r) {
      if (results.length >= MAX_RESULTS) cut = true;
      else
        results.push({ afterRow, atMs: clock.now(), rows: r.rows.map((row): unknown => parseKeepingIntegers(toJsonText(row) ?? 'null')) });
    },
    exception(s, error) {
      s.exceptions++;
      failed(error);
    },
    touch: () => undefined,
    begin: () => [],
    resume: () => undefined,
    end: () => undefined,
    stats(name) {
      const known = stats.get(name);
      if (known) return known;
      const fresh = newOperatorStats(name);
      stats.set(name, fresh);
      return fresh;
    },
    scanTable(name) {
      const input = program.inputs.findIndex((i) => i.source === name);
      return { version: 0, rows: rows.filter((r) => r.stream === name).map((r) => toTuple(input, r.row)) };
    },
    lookupTable: (name) => ({
      lookup: (fields, keys, values) =>
        lookup(
          rows.filter((r) => r.stream === name).map((r) => r.row as Row),
          fields,
          keys,
          values,
        ),
    }),
  };
  const running = program.start(host, (input, column) => layouts[input]!.indexOf(column));
  try {
    running.begin();
    for (const { stream, row, atMs } of rows) {
      if (cut) break;
      const waitMs = atMs === undefined ? (afterRow === 0 ? 0 : BETWEEN_ROWS_MS) : Math.max(0, atMs - clock.now());
      await clock.advance(waitMs);
      afterRow++;
      beginMessage();
      program.inputs.forEach((input, i) => {
        if (input.source !== stream || input.kind !== 'stream') return;
        try {
          running.push(i, toTuple(i, row));
        } catch (error) {
          failed(error);
        }
      });
    }
    const windows = Object.values(running.explain?.() ?? {}).map((v) => v.window?.lengthMs ?? 0);
    if (!cut) await clock.advance(Math.min(MAX_REST_MS, Math.max(MIN_REST_MS, 2 * Math.max(0, ...windows))));
  } finally {
    running.close();
  }
  return { results, errors: [...errors].map(([text, count]) => ({ text, count })), cut };
}

interface RowReader {
  decode(raw: unknown): Row;
  timeOf(row: Row): number;
}

/** As the source node reads a message of the stream: declared columns get their types. */
function readerOf(source: SourceDefinition | undefined, timeZone: string, clock: { now(): number }): RowReader {
  const schema = source?.statement.fields as StreamSchema | undefined;
  const decoder = createJsonDecoder(schema?.length ? { schema } : {});
  const timestamp = source && optionOf(source, 'TIMESTAMP');
  if (timestamp && isExpression(timestamp))
    throw new Error(`the time of events of ${source.name} is an expression, which is read by the source only`);
  const time = timestamp
    ? createEventTime(timestamp, { timeZone, clock: clock as never }, optionOf(source, 'TIMESTAMP_FORMAT'), pathOf(timestamp) || undefined)
    : undefined;
  return {
    decode(raw) {
      const row = decoder.decode(Buffer.from(JSON.stringify(raw, bigintAsNumber)));
      return Array.isArray(row) ? row[0]! : row;
    },
    timeOf: (row) => (time ? time(row) : clock.now()),
  };
}

function lookup(rows: readonly Row[], fields: readonly string[], keys: readonly string[], values: readonly Value[]): Row[] {
  const found = rows.filter((row) => keys.every((k, i) => String(row[k]) === String(values[i])));
  return fields.length === 0 ? found : found.map((row) => Object.fromEntries(fields.map((f) => [f, row[f]])));
}
