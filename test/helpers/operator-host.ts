// A host for one operator alone: what it sends on, what it reports, how often it touched state.
import { createVirtualClock } from '../../src/base/clock.ts';
import { messageOf } from '../../src/base/errors/gateway-error.ts';
import { createMemoryLog } from '../../src/base/log.ts';
import type { FunctionEnv } from '../../src/contract/function.ts';
import { type Result, Tuple } from '../../src/data/tuple.ts';
import type { Value } from '../../src/data/value.ts';
import { type Collection, newOperatorStats, type Operator, type ProgramHost } from '../../src/exec/operator.ts';

export function operatorHost() {
  const clock = createVirtualClock();
  const { log } = createMemoryLog();
  const errors: string[] = [];
  const results: Result[] = [];
  const sent: (Tuple | Collection)[] = [];
  const count = { touched: 0 };
  const stats = newOperatorStats('3_test');
  const env = { clock, log, timeZone: 'UTC', ruleId: 'r', random: () => 0, property: () => undefined } as unknown as FunctionEnv;
  const host: ProgramHost = {
    ruleId: 'r',
    clock,
    log,
    env,
    emit: (r) => void results.push(r),
    exception: (s, error) => {
      s.exceptions++;
      errors.push(messageOf(error));
    },
    touch: () => void count.touched++,
    begin: () => [],
    resume: () => undefined,
    end: () => undefined,
    stats: () => stats,
    scanTable: () => ({ rows: [], version: 0 }),
    lookupTable: () => ({ lookup: () => [] }),
  };
  const next: Operator = { stats, row: (t) => void sent.push(t), rows: (c) => void sent.push(c) };
  return { host, stats, next, clock, errors, results, sent, count };
}

export const row = (...cols: Value[]): Tuple => new Tuple(cols, 0);

/** Columns of what was sent on: one list per streaming row, a list of lists per collection. */
export const columnsOf = (sent: readonly (Tuple | Collection)[]): unknown[] =>
  sent.map((s) => ('rows' in s ? s.rows.map((t) => t.cols) : s.cols));

export const noState = { size: 0, save: () => ({}), load: () => undefined, countIn: () => undefined };
