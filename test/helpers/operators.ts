// A host and a downstream for tests of single operators: virtual clock, everything recorded. Used by test/windows and test/exec.
import { createVirtualClock, type VirtualClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import { createMemoryLog, type LogFields } from '../../src/base/log.ts';
import type { AggregateDefinition, CallSite, Expr, FunctionEnv } from '../../src/contract/function.ts';
import { Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';
import {
  type AggregateCall,
  type Collection,
  type LookupTable,
  newOperatorStats,
  type Operator,
  type OperatorStats,
  type ProgramHost,
  type ScanTable,
} from '../../src/exec/operator.ts';
import type { WindowSpec } from '../../src/windows/spec.ts';

export interface TestHost extends ProgramHost {
  clock: VirtualClock;
  exceptions: string[];
  touched: number;
  /** begin() less end() */
  pending: number;
  lines: LogFields[];
  scanTables: Record<string, ScanTable>;
  lookupTables: Record<string, LookupTable>;
}

export function createTestHost(clock = createVirtualClock()): TestHost {
  const { log, lines } = createMemoryLog();
  const host: TestHost = {
    ruleId: 'test',
    clock,
    log,
    lines,
    exceptions: [],
    touched: 0,
    pending: 0,
    scanTables: {},
    lookupTables: {},
    env: {} as FunctionEnv,
    emit: () => undefined,
    exception(stats, error) {
      stats.exceptions++;
      host.exceptions.push(messageOf(error));
    },
    touch: () => void host.touched++,
    begin: () => {
      host.pending++;
      return [];
    },
    resume: () => undefined,
    end: () => void host.pending--,
    stats: newStats,
    scanTable: (name) => host.scanTables[name]!,
    lookupTable: (name) => host.lookupTables[name]!,
  };
  return host;
}

export const newStats = (name = 'op'): OperatorStats => newOperatorStats(name);

/** Receives what an operator sends. */
export interface Sink extends Operator {
  collections: Collection[];
  single: Tuple[];
  watermarks: number[];
  /** Values of one slot, a list per collection. */
  slot(n: number): Value[][];
  /** `[start, end, trigger]` of each collection. */
  ranges(): number[][];
}

export function createSink(): Sink {
  const collections: Collection[] = [];
  const single: Tuple[] = [];
  const watermarks: number[] = [];
  return {
    stats: newStats('sink'),
    collections,
    single,
    watermarks,
    row: (t) => void single.push(t),
    rows: (c) => void collections.push({ rows: c.rows, win: c.win }),
    watermark: (ms) => void watermarks.push(ms),
    slot: (n) => collections.map((c) => c.rows.map((t) => t.cols[n])),
    ranges: () => collections.map((c) => [c.win!.startMs, c.win!.endMs, c.win!.triggerMs]),
  };
}

export const row = (cols: Value[], tsMs = 0): Tuple => new Tuple(cols, tsMs);

/** Slot of a row as an expression. */
export const col =
  (slot: number): Expr =>
  (t) =>
    t.cols[slot];

/** Rows have a number in slot 0 and a device in slot 1. */
export const windowSpec = (more: Partial<WindowSpec> & Pick<WindowSpec, 'kind'>): WindowSpec => ({
  eventTime: false,
  lateToleranceMs: 0,
  timeZone: 'UTC',
  keep: [
    { slot: 0, column: 'v' },
    { slot: 1, column: 'dev' },
  ],
  ...more,
});

export const call = (def: AggregateDefinition, args: Expr[], slot: number, filter?: Expr): AggregateCall => ({
  def,
  site: { name: def.name, args: [], env: {} as FunctionEnv } as CallSite,
  args,
  filter,
  slot,
});

/** What state becomes on its way through a checkpoint. */
export const stored = <T>(state: T): T => structuredClone(state);
