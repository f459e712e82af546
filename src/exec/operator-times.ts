// What each operator takes of a row, itself, without the operators behind it. Operators are called by the name of their method, so for the one row that is
// measured other methods stand there: a row that is not measured runs the same code as ever. Used by compile/chain.ts and runtime/rule/row-times.ts.
import type { Clock } from '../base/clock.ts';
import type { Operator } from './operator.ts';

export class OperatorTimes {
  private readonly clock: Clock;
  private readonly observe: (operator: string, us: number) => void;
  /** Time that operators behind the one under way took. */
  private behindMs = 0;

  constructor(clock: Clock, observe: (operator: string, us: number) => void) {
    this.clock = clock;
    this.observe = observe;
  }

  /** Runs one call of an operator. */
  run(operator: string, call: () => void): void {
    const before = this.behindMs;
    this.behindMs = 0;
    const startMs = this.clock.monotonic();
    try {
      call();
    } finally {
      const tookMs = this.clock.monotonic() - startMs;
      this.observe(operator, Math.max(0, Math.round((tookMs - this.behindMs) * 1000)));
      this.behindMs = before + tookMs;
    }
  }
}

/** @returns puts the methods that measure in the place of the operator's own, and back */
export function measuredCalls(op: Operator, times: OperatorTimes): (on: boolean) => void {
  const { row, rows } = op;
  const { name } = op.stats;
  const timedRow: Operator['row'] = (t) => times.run(name, () => row.call(op, t));
  const timedRows: Operator['rows'] = (c) => times.run(name, () => rows.call(op, c));
  return (on) => {
    op.row = on ? timedRow : row;
    op.rows = on ? timedRows : rows;
  };
}
