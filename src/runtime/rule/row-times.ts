// How long the program of a rule takes for a row, of one row in 16, and how long each of its operators does, of one of those in 10 ms at most. Fed by
// run-host.ts; read by health and metrics.
import type { Clock } from '../../base/clock.ts';
import type { RunningProgram } from '../../exec/operator.ts';
import { OperatorTimes } from '../../exec/operator-times.ts';
import { Histogram } from '../status/histogram.ts';

/** Operators are looked at so often at most. */
const OPERATORS_EVERY_MS = 10;

export class RowTimes {
  readonly program = new Histogram();
  /** By name, in the order in which a row comes back from them. */
  readonly operators = new Map<string, Histogram>();
  readonly times: OperatorTimes;
  private readonly clock: Clock;
  private lastMs = Number.NEGATIVE_INFINITY;
  /** The program whose operators are measured now. */
  private measured: RunningProgram | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
    this.times = new OperatorTimes(clock, (operator, us) => {
      let h = this.operators.get(operator);
      if (!h) {
        h = new Histogram();
        this.operators.set(operator, h);
      }
      h.observe(us);
    });
  }

  /** A row goes in that is measured. @returns when, for `end` */
  begin(program: RunningProgram): number {
    const startMs = this.clock.monotonic();
    if (this.measured === undefined && startMs - this.lastMs >= OPERATORS_EVERY_MS) {
      this.lastMs = startMs;
      this.measured = program;
      program.measure?.(true);
    }
    return startMs;
  }

  end(program: RunningProgram, startMs: number): void {
    this.program.observe(Math.round((this.clock.monotonic() - startMs) * 1000));
    if (this.measured !== program) return;
    this.measured = undefined;
    program.measure?.(false);
  }
}
