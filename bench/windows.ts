// Windows and aggregation alone, ns per row: a tumbling window grouped by 100 devices, folded as rows come and with rows kept; the other
// kinds for comparison; memory of a folded window; time and size of a checkpoint. Scenario `windows` of bench/scenarios/windows.ts.
import { serialize } from 'node:v8';
import { createVirtualClock } from '../src/base/clock.ts';
import { createLog } from '../src/base/log.ts';
import type { AggregateDefinition, CallSite, Expr, FunctionEnv } from '../src/contract/function.ts';
import { Tuple } from '../src/data/tuple.ts';
import { createAggregate } from '../src/exec/aggregate.ts';
import { createIncrementalWindow } from '../src/exec/incremental.ts';
import { type AggregateSpec, type Downstream, newOperatorStats, type Operator, type ProgramHost } from '../src/exec/operator.ts';
import { createTimers, type TimerCall } from '../src/exec/timers.ts';
import { createWindow } from '../src/exec/window.ts';
import * as aggregates from '../src/functions/aggregate/index.ts';
import * as timers from '../src/functions/timer/index.ts';
import { partitionKeyOf } from '../src/windows/partition-key.ts';
import type { WindowSpec } from '../src/windows/spec.ts';

const DEVICES = 100;
const START = Date.UTC(2026, 0, 1);

const clock = createVirtualClock(START);
const host: ProgramHost = {
  ruleId: 'bench',
  clock,
  log: createLog({ level: 'error' }),
  env: {} as FunctionEnv,
  emit: () => undefined,
  exception(_stats, error) {
    throw error;
  },
  touch: () => undefined,
  begin: () => [],
  resume: () => undefined,
  end: () => undefined,
  stats: newOperatorStats,
  scanTable() {
    throw new Error('no tables here');
  },
  lookupTable() {
    throw new Error('no tables here');
  },
};

const keep = ['dev', 'temp', 'hum'].map((column, slot) => ({ slot, column }));
const site = (name: string): CallSite => ({ name, args: [], env: host.env });
const call = (def: AggregateDefinition, slot: number, arg: number | undefined) => ({
  def,
  site: site(def.name),
  args: [arg === undefined ? () => true : (t: Tuple) => t.cols[arg]],
  slot,
});
const aggregate: AggregateSpec = {
  dims: [(t) => t.cols[0]],
  calls: [call(aggregates.count, 3, undefined), call(aggregates.avg, 4, 1), call(aggregates.max, 5, 2)],
  width: 6,
};

// event time at 20,000 rows a second, so that nothing waits for the clock
const rowsOf = (count: number): Tuple[] =>
  Array.from({ length: count }, (_, i) => new Tuple([`device-${i % DEVICES}`, 20 + (i % 10) / 10, 50.5], START + Math.floor(i / 20)));

const spec = (more: Partial<WindowSpec>): WindowSpec => ({
  kind: 'tumbling',
  lengthMs: 1000,
  unit: 'ss',
  eventTime: true,
  lateToleranceMs: 0,
  timeZone: 'UTC',
  keep,
  keepMeta: false,
  ...more,
});

export interface WindowFigures {
  /** Best of the runs, by name of the case. */
  nsPerRow: Record<string, number>;
  /** The same with 10,000 keys. */
  manyKeys: Record<string, number>;
  /** Growth of the heap while a folded window takes all rows. */
  foldedHeapKiB: number;
  checkpoint: { rows: number; saveMs: number; serializeMs: number; bytes: number };
}

/** @param count rows of each run   @param runs of which the best counts */
export function measureWindows(count: number, runs: number): WindowFigures {
  let sent = 0;
  const sink: Downstream = { row: () => void sent++, rows: (c) => void (sent += c.rows.length) };
  const folded = (more: Partial<WindowSpec>) => () =>
    createIncrementalWindow(spec(more), aggregate, host, newOperatorStats('window'), sink);
  const kept = (more: Partial<WindowSpec>) => () =>
    createWindow(spec(more), host, newOperatorStats('window'), createAggregate(aggregate, host, newOperatorStats('aggregate'), sink));
  const best = (make: () => Operator, rows: readonly Tuple[]): number => {
    let leastMs = Number.POSITIVE_INFINITY;
    for (let run = 0; run < runs; run++) {
      const op = make();
      op.start?.();
      const beginMs = performance.now();
      for (let i = 0; i < rows.length; i++) op.row(rows[i]!);
      op.watermark?.(rows.at(-1)!.tsMs + 100_000);
      leastMs = Math.min(leastMs, performance.now() - beginMs);
      op.close?.();
    }
    return (leastMs * 1e6) / rows.length;
  };

  const rows = rowsOf(count);
  const hopping = { kind: 'hopping', lengthMs: 4000, intervalMs: 1000 } as const;
  const nsPerRow = {
    'tumbling 1 s, 100 devices, 3 aggregates, folded': best(folded({}), rows),
    'the same in processing time': best(folded({ eventTime: false }), rows),
    'the same, rows kept': best(kept({}), rows),
    'hopping 4 s / 1 s, folded': best(folded(hopping), rows),
    'hopping 4 s / 1 s, rows kept': best(kept(hopping), rows),
    'count 1000, folded': best(folded({ kind: 'count', count: 1000, eventTime: false }), rows),
    'session 10 s / 1 s, folded': best(folded({ kind: 'session', lengthMs: 10_000, intervalMs: 1000 }), rows),
    'sliding 10 ms (200 rows a window), rows kept': best(kept({ kind: 'sliding', unit: 'ms', lengthMs: 10 }), rows.slice(0, 5000)),
  };

  const keyed = keyRows(count);
  const perKey = { standard: true, partitionBy: [(t: Tuple) => t.cols[0]], lengthMs: 1000 } as const;
  const manyKeys = {
    'tumbling 1 s per key, folded': best(folded(perKey), keyed),
    'session 10 s / 1 s per key': best(kept({ ...perKey, kind: 'session', lengthMs: 10_000, intervalMs: 1000 }), keyed),
    'sliding 1 s per key, rows kept': best(kept({ ...perKey, kind: 'sliding' }), keyed),
    'count 10 per key': best(kept({ ...perKey, kind: 'count', count: 10, eventTime: false }), keyed),
    'state per key': best(kept({ ...perKey, kind: 'state', begin: () => true, emit: (t) => t.cols[1] === 29 }), keyed),
    'silent_for 1 s, held_for 1 s per key': best(() => timersPerKey(sink), keyed),
  };
  const memory = folded({ lengthMs: 3_600_000, unit: 'hh' })();
  memory.start?.();
  const before = heapBytes();
  for (const t of rows) memory.row(t);
  const foldedHeapKiB = Math.round((heapBytes() - before) / 1024);

  const window = createWindow(spec({ lengthMs: 10_000 }), host, newOperatorStats('window'), sink);
  for (const t of rows.slice(0, 10_000)) window.row(t);
  for (let run = 0; run < runs; run++) window.save!();
  const beginMs = performance.now();
  const state = window.save!();
  const savedMs = performance.now();
  const bytes = serialize(state).length;
  const checkpoint = { rows: Math.min(10_000, count), saveMs: savedMs - beginMs, serializeMs: performance.now() - savedMs, bytes };
  if (sent === 0) throw new Error('no window sent anything');
  return { nsPerRow, manyKeys, foldedHeapKiB, checkpoint };
}

const KEYS = 10_000;

/** Each key about once a second, so that every session and silence ends now and then. */
const keyRows = (count: number): Tuple[] =>
  Array.from({ length: count }, (_, i) => new Tuple([`device-${(i * 7919) % KEYS}`, 20 + (i % 10), 50.5], START + Math.floor(i / 8)));

function timersPerKey(sink: Downstream): Operator {
  const call = (def: (typeof timers)['silentFor' | 'heldFor'], args: Expr[], unit: number, slot: number): TimerCall => {
    const fact = (i: number) => ({
      text: i === unit ? 'SS' : '',
      node: i === unit ? 'timeUnit' : 'int',
      literal: true,
      type: 'unknown' as const,
    });
    return {
      key: def.name,
      def: def as never,
      site: { name: def.name, args: args.map((_, i) => fact(i)), env: host.env },
      args,
      follows: false,
      when: undefined,
      slot,
    };
  };
  const calls = [
    call(timers.silentFor, [() => null, () => 1n], 0, 3),
    call(timers.heldFor, [(t) => Number(t.cols[1]) > 21, () => null, () => 1n], 1, 4),
  ];
  const groups = [{ keyOf: partitionKeyOf([(t) => t.cols[0]]), calls }];
  return createTimers(
    { groups, eventTime: true, width: () => 5, keep, keepMeta: false, keyLimits: undefined },
    host,
    newOperatorStats('timers'),
    sink as Operator,
  );
}

/** After a collection where node runs with --expose-gc. */
function heapBytes(): number {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
}
