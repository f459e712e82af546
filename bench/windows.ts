// Windows and aggregation, ns per row: a tumbling window grouped by 100 devices, folded as rows come and with rows kept; hopping, sliding
// and count windows for comparison; time and size of a checkpoint. Run: node bench/windows.ts [rows]
import { serialize } from 'node:v8';
import { createVirtualClock } from '../src/base/clock.ts';
import { createLog } from '../src/base/log.ts';
import type { AggregateDefinition, CallSite, FunctionEnv } from '../src/contract/function.ts';
import { Tuple } from '../src/data/tuple.ts';
import { createAggregate } from '../src/exec/aggregate.ts';
import { createIncrementalWindow } from '../src/exec/incremental.ts';
import type { AggregateSpec, Downstream, Operator, OperatorStats, ProgramHost } from '../src/exec/operator.ts';
import { createWindow } from '../src/exec/window.ts';
import * as aggregates from '../src/functions/aggregate/index.ts';
import type { WindowSpec } from '../src/windows/spec.ts';

const ROWS = Number(process.argv[2] ?? 1_000_000);
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
  begin: () => undefined,
  end: () => undefined,
  stats: newStats,
  scanTable() {
    throw new Error('no tables here');
  },
  lookupTable() {
    throw new Error('no tables here');
  },
};

function newStats(name: string): OperatorStats {
  return {
    name,
    recordsIn: 0,
    recordsOut: 0,
    exceptions: 0,
    lastException: '',
    lastExceptionAtMs: 0,
    lastInvocationAtMs: 0,
    latencyUs: 0,
    bufferLength: 0,
  };
}

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

let sent = 0;
const sink: Downstream = { row: () => void sent++, rows: (c) => void (sent += c.rows.length) };

// event time at 20,000 rows a second, so that nothing waits for the clock
const rowsOf = (count: number): Tuple[] =>
  Array.from({ length: count }, (_, i) => new Tuple([`device-${i % DEVICES}`, 20 + (i % 10) / 10, 50.5], START + Math.floor(i / 20)));

function measure(name: string, make: () => Operator, rows: readonly Tuple[]): void {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const op = make();
    op.start?.();
    const begin = performance.now();
    for (let i = 0; i < rows.length; i++) op.row(rows[i]!);
    op.watermark?.(rows.at(-1)!.tsMs + 100_000);
    best = Math.min(best, performance.now() - begin);
    op.close?.();
  }
  console.log(`${name.padEnd(58)} ${((best * 1e6) / rows.length).toFixed(0).padStart(7)} ns per row`);
}

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
const folded = (w: WindowSpec) => () => createIncrementalWindow(w, aggregate, host, newStats('window'), sink);
const kept = (w: WindowSpec) => () =>
  createWindow(w, host, newStats('window'), createAggregate(aggregate, host, newStats('aggregate'), sink));

const rows = rowsOf(ROWS);
const few = rows.slice(0, Math.min(ROWS, 50_000));
const tumbling = spec({});
measure('tumbling 1 s, group by 100 devices, 3 aggregates, folded', folded(tumbling), rows);
measure('the same, processing time', folded(spec({ eventTime: false })), rows);
measure('the same, rows kept', kept(tumbling), rows);
measure('hopping 4 s / 1 s, folded', folded(spec({ kind: 'hopping', lengthMs: 4000, intervalMs: 1000 })), rows);
measure('hopping 4 s / 1 s, rows kept', kept(spec({ kind: 'hopping', lengthMs: 4000, intervalMs: 1000 })), rows);
measure('count 1000, folded', folded(spec({ kind: 'count', count: 1000, eventTime: false })), rows);
measure('session 10 s / 1 s, folded', folded(spec({ kind: 'session', lengthMs: 10_000, intervalMs: 1000 })), rows);
measure('sliding 10 ms (200 rows a window), rows kept', kept(spec({ kind: 'sliding', unit: 'ms', lengthMs: 10 })), few.slice(0, 5000));

// memory: the heap of a folded window with many rows
const memory = folded(spec({ lengthMs: 3_600_000, unit: 'hh' }))();
memory.start?.();
const heap = (): number => {
  (globalThis as { gc?: () => void }).gc?.();
  return process.memoryUsage().heapUsed;
};
const before = heap();
for (const t of rows) memory.row(t);
console.log(`heap of a folded window after ${ROWS} rows`.padEnd(58), `${Math.round((heap() - before) / 1024)} KiB more`);

// checkpoint of 10 s with 10,000 rows
const checkpoint = createWindow(spec({ lengthMs: 10_000 }), host, newStats('window'), sink);
for (const t of rows.slice(0, 10_000)) checkpoint.row(t);
for (let run = 0; run < 3; run++) checkpoint.save!();
const begin = performance.now();
const state = checkpoint.save!();
const saved = performance.now();
const bytes = serialize(state);
console.log(
  'checkpoint of 10,000 rows'.padEnd(58),
  `${(saved - begin).toFixed(1)} ms save, ${(performance.now() - saved).toFixed(1)} ms serialize, ${Math.round(bytes.length / 1024)} KiB`,
);
if (sent === 0) throw new Error('nothing was sent');
