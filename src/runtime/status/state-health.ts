// What health says of event time and of state per key, from the counters of a rule's operators. Called by health.ts.
import type { OperatorStats } from '../../exec/operator.ts';
import type { RuleHealth } from '../api.ts';

/** The warning comes before the limit. */
const WARN_AT = 0.8;

type Counters = Pick<
  OperatorStats,
  'name' | 'ahead' | 'aheadToMs' | 'looksLikeSeconds' | 'keys' | 'maxKeys' | 'keysForgotten' | 'rowsWithoutRoom'
>;

export function timeProblems(operators: readonly Counters[]): string[] {
  const out: string[] = [];
  for (const o of operators) {
    if (o.ahead)
      out.push(
        `${o.ahead} rows were left out: their time is too far ahead of the clock (up to ${dateOf(o.aheadToMs ?? 0)}; option futureTolerance).`,
      );
    if (o.looksLikeSeconds)
      out.push(
        `The times of ${o.looksLikeSeconds} rows look like seconds and are read as milliseconds: add TIMESTAMP_FORMAT="s" to the stream.`,
      );
  }
  return out;
}

export function keysOf(operators: readonly Counters[]): RuleHealth['keys'] {
  const sum = (of: (o: Counters) => number | undefined): number => operators.reduce((n, o) => n + (of(o) ?? 0), 0);
  return {
    count: sum((o) => o.keys),
    limit: Math.max(0, ...operators.map((o) => o.maxKeys ?? 0)),
    forgotten: sum((o) => o.keysForgotten),
    refusedRows: sum((o) => o.rowsWithoutRoom),
  };
}

export function keyProblems(operators: readonly Counters[]): string[] {
  const out: string[] = [];
  for (const { name, keys = 0, maxKeys = 0, rowsWithoutRoom = 0 } of operators) {
    if (rowsWithoutRoom > 0)
      out.push(
        `${name} left out ${rowsWithoutRoom} rows of further keys: it keeps ${keys} of at most ${maxKeys} (option maxKeys). Raise maxKeys, or set keyTTL to forget keys without rows.`,
      );
    else if (maxKeys > 0 && keys >= maxKeys * WARN_AT)
      out.push(`${name} keeps ${keys} keys of at most ${maxKeys} (option maxKeys): at the limit rows of further keys are left out.`);
  }
  return out;
}

const dateOf = (ms: number): string => (ms <= 8.64e15 ? new Date(ms).toISOString() : 'beyond the calendar');
