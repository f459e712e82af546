// One input of a running rule: takes tuples of a subscription and pushes them into the rule's program. Hot path.
import type { Ack } from '../../data/ack.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { Row } from '../../data/value.ts';
import type { IndexConjunct, RunningProgram } from '../../exec/operator.ts';
import type { Subscriber } from '../source/source-pool.ts';

/** What the input needs of its run (rule-run.ts). */
export interface RunSide {
  readonly ruleId: string;
  program: RunningProgram | undefined;
  readonly delayed: { settle(): void } | undefined;
  /** Set by host.touch() within a push. */
  touched: boolean;
  /** Every row counts as state (asynchronous lookups before a window). */
  readonly holdAll: boolean;
  hold(t: Tuple): void;
  /** True when the state holds this message already (a repetition by the peer). */
  knows(identity: number): boolean;
  crash(error: unknown): void;
  inputEnded(input: number, text: string): void;
  sourceError(input: number, error: unknown, data: Uint8Array | string | Row | undefined, ack: Ack | undefined): void;
  /** The row that is being pushed, for the dead letter of an expression that fails on it; kept up to date for stateless rules that want it. */
  readonly wantsCurrent: boolean;
  current: { input: number; tuple: Tuple } | undefined;
  stateChanged(): void;
}

export class RunInput implements Subscriber {
  readonly ruleId: string;
  readonly index: readonly IndexConjunct[];
  readonly eventTime: boolean;
  readonly columns: readonly string[] | undefined;
  private readonly run: RunSide;
  private readonly input: number;

  constructor(run: RunSide, input: number, index: readonly IndexConjunct[], eventTime: boolean, columns: readonly string[] | undefined) {
    this.run = run;
    this.ruleId = run.ruleId;
    this.input = input;
    this.index = index;
    this.eventTime = eventTime;
    this.columns = columns;
  }

  push(t: Tuple): void {
    const run = this.run;
    const program = run.program;
    if (program === undefined) return;
    // counting it twice would falsify sums; its confirmation waits like that of the first one
    if (t.ack?.repeated && run.knows(t.ack.identity)) return run.hold(t);
    // a rule that feeds itself over a memory topic comes here again within the push
    const outer = run.touched;
    run.touched = run.holdAll;
    if (run.wantsCurrent) run.current = { input: this.input, tuple: t };
    try {
      program.push(this.input, t);
    } catch (error) {
      run.crash(error);
    }
    if (run.delayed !== undefined) run.delayed.settle();
    if (run.touched && t.ack !== undefined) run.hold(t);
    run.touched = outer;
  }

  end(text: string): void {
    this.run.inputEnded(this.input, text);
  }

  sourceError(error: unknown, data?: Uint8Array | string | Row, ack?: Ack): void {
    this.run.sourceError(this.input, error, data, ack);
  }

  stateChanged(): void {
    this.run.stateChanged();
  }
}
