// Runs a rule in process: SQL, streams and rows in, results out. Virtual clock, no sources and sinks. Used by tests of plan, compile, exec
// and by the runner of .rule files.
import { type BudgetLimits, beginMessage } from '../../src/base/budget.ts';
import { createVirtualClock, type VirtualClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import { compileRule } from '../../src/compile/index.ts';
import type { FunctionCatalogue, FunctionEnv } from '../../src/contract/function.ts';
import type { StreamSchema } from '../../src/contract/schema.ts';
import type { Ack } from '../../src/data/ack.ts';
import { type Meta, Tuple } from '../../src/data/tuple.ts';
import type { Row, Value } from '../../src/data/value.ts';
import {
  type LookupTable,
  newOperatorStats,
  type OperatorStats,
  type ProgramHost,
  type RuleProgram,
  type RunningProgram,
  type ScanTable,
} from '../../src/exec/operator.ts';
import { createFunctionCatalogue } from '../../src/functions/index.ts';
import { type PlanOptions, planRule, type SourceInfo } from '../../src/plan/index.ts';
import { compileSteps, planSteps } from '../../src/service/rules/rule-steps.ts';
import { parseSelect, stepsOf } from '../../src/sql/index.ts';

export interface TestRule {
  readonly program: RuleProgram;
  readonly running: RunningProgram;
  readonly clock: VirtualClock;
  /** Rows of each result; an error of a row is `{ $error: text }`. */
  readonly results: (Row[] | { $error: string })[];
  /** Confirmations that go with each result. */
  readonly acks: (readonly Ack[])[];
  readonly stats: Map<string, OperatorStats>;
  /** By the error in `results`: the row or group that was left out alone. */
  readonly failed: Map<unknown, { sample: string; key?: string }>;
  push(source: string, row: Row, more?: { tsMs?: number; meta?: Meta; ack?: Ack }): void;
  touched: number;
}

export interface TestOptions extends PlanOptions {
  sources?: readonly SourceInfo[];
  /** Instead of `sources`. */
  source?: (name: string) => SourceInfo | undefined;
  functions?: FunctionCatalogue;
  env?: Partial<FunctionEnv>;
  clock?: VirtualClock;
  /** State of an earlier run. */
  state?: Record<string, unknown>;
  budget?: BudgetLimits;
  scanTables?: Record<string, readonly Row[]>;
  lookupTables?: Record<string, LookupTable>;
}

export const stream = (name: string, schema?: StreamSchema, more: Partial<SourceInfo> = {}): SourceInfo => ({
  name,
  kind: 'stream',
  schema,
  ...more,
});

const catalogue = createFunctionCatalogue();

export function startRule(sql: string, options: TestOptions = {}): TestRule {
  const sources = options.sources ?? [stream('demo')];
  const clock = options.clock ?? createVirtualClock();
  const functions = options.functions ?? catalogue;
  const select = parseSelect(sql, options.sqlCompatibility);
  const steps = stepsOf(select);
  const catalog = {
    source: options.source ?? ((name: string) => sources.find((s) => s.name === name)),
    names: () => sources.map((s) => s.name),
    functions,
  };
  const planOptions = { sql, ...options };
  const program = steps
    ? compileSteps(planSteps(steps, catalog, planOptions), options.isEventTime === true)
    : compileRule(planRule(select, catalog, planOptions));
  const results: TestRule['results'] = [];
  const acks: (readonly Ack[])[] = [];
  const stats = new Map<string, OperatorStats>();
  const failed: TestRule['failed'] = new Map();
  const layouts = program.inputs.map((i) => [...i.columns, ...(i.all ? ['*'] : [])]);
  const { log } = createMemoryLog();
  const toTuple = (input: number, row: Row, tsMs: number, meta?: Meta, ack?: Ack): Tuple =>
    new Tuple(
      layouts[input]!.map((c): Value => (c === '*' ? row : Object.hasOwn(row, c) ? row[c] : undefined)),
      tsMs,
      meta,
      ack,
    );
  const rule = { touched: 0 };
  const host: ProgramHost = {
    ruleId: 'test',
    clock,
    log,
    ...(options.budget ? { budget: options.budget } : {}),
    env: {
      clock,
      log,
      timeZone: options.timeZone ?? 'UTC',
      ruleId: 'test',
      random: () => 0.5,
      property: () => undefined,
      keyedState: { get: () => null, put: () => undefined },
      ...options.env,
    } as FunctionEnv,
    emit(r) {
      results.push(r.rows);
      acks.push(r.acks);
    },
    exception(s, error, row) {
      s.exceptions++;
      s.lastException = messageOf(error);
      const result = { $error: messageOf(error) };
      results.push(result);
      if (row) failed.set(result, row);
    },
    touch: () => void rule.touched++,
    begin: () => [],
    resume: () => undefined,
    end: () => undefined,
    stats(name) {
      let s = stats.get(name);
      if (!s) {
        s = newOperatorStats(name);
        stats.set(name, s);
      }
      return s;
    },
    scanTable(name): ScanTable {
      const input = program.inputs.findIndex((i) => i.source === name);
      return { version: 0, rows: (options.scanTables?.[name] ?? []).map((r) => toTuple(input, r, 0)) };
    },
    lookupTable(name) {
      const table = options.lookupTables?.[name];
      if (!table) throw new Error(`no lookup table ${name}`);
      return table;
    },
  };
  const running = program.start(host, (input, column) => {
    const slot = layouts[input]!.indexOf(column);
    if (slot < 0) throw new Error(`column ${column} was not asked for`);
    return slot;
  });
  if (options.state) running.load(options.state);
  running.begin();
  return Object.assign(rule, {
    program,
    running,
    clock,
    results,
    acks,
    stats,
    failed,
    push(source: string, row: Row, more: { tsMs?: number; meta?: Meta; ack?: Ack } = {}) {
      // each is a message of its own, as the source node says for real ones
      beginMessage();
      program.inputs.forEach((input, i) => {
        if (input.source === source && input.kind === 'stream')
          running.push(i, toTuple(i, row, more.tsMs ?? clock.now(), more.meta, more.ack));
      });
    },
  });
}

/** Results of a rule over one stream named demo. */
export function runRule(sql: string, rows: readonly Row[], options: TestOptions = {}): TestRule['results'] {
  const rule = startRule(sql, options);
  for (const row of rows) rule.push('demo', row);
  return rule.results;
}

/** The text with which a rule is refused; `accepted` when it is not. */
export function refusalOf(sql: string, options: TestOptions = {}): string {
  try {
    startRule(sql, options);
  } catch (error) {
    return (error as Error).message;
  }
  return 'accepted';
}
