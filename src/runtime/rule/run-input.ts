// One input of a running rule: takes tuples of a subscription and feeds them into the rule's program. Hot path; next: run-host.ts.

import type { Ack } from '../../data/ack.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { Row } from '../../data/value.ts';
import type { IndexConjunct } from '../../exec/operator.ts';
import type { RuleCpu } from '../cpu-meter.ts';
import type { RuleOptions } from '../options.ts';
import type { Subscriber } from '../ports.ts';

/** What the input needs of its run (run-host.ts). */
export interface RunSide {
  readonly ruleId: string;
  readonly options: Pick<RuleOptions, 'sqlCompatibility'>;
  /** Runs the program with one row. @returns true when the row went into the state of the rule */
  feed(input: number, t: Tuple): boolean;
  hold(ack: Ack): void;
  /** True when the state holds this message already (a repetition by the peer). */
  knows(identity: number): boolean;
  inputEnded(input: number, text: string): void;
  sourceError(input: number, error: unknown, data: Uint8Array | string | Row | undefined, ack: Ack | undefined): void;
  stateChanged(): void;
}

export class RunInput implements Subscriber {
  readonly ruleId: string;
  readonly index: readonly IndexConjunct[];
  readonly eventTime: boolean;
  readonly columns: readonly string[] | undefined;
  readonly standard: boolean;
  private readonly run: RunSide;
  private readonly input: number;

  constructor(run: RunSide, input: number, index: readonly IndexConjunct[], eventTime: boolean, columns: readonly string[] | undefined) {
    this.run = run;
    this.ruleId = run.ruleId;
    this.input = input;
    this.index = index;
    this.eventTime = eventTime;
    this.columns = columns;
    this.standard = run.options.sqlCompatibility === 'standard';
  }

  push(t: Tuple): void {
    const { run } = this;
    const { ack } = t;
    // counting it twice would falsify sums; its confirmation waits like that of the first one
    if (ack?.repeated && run.knows(ack.identity)) return run.hold(ack);
    if (run.feed(this.input, t) && ack !== undefined) run.hold(ack);
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

/** The same for a rule whose CPU time is measured. */
export class MeasuredInput extends RunInput {
  private readonly cpu: RuleCpu;

  constructor(cpu: RuleCpu, ...rest: ConstructorParameters<typeof RunInput>) {
    super(...rest);
    this.cpu = cpu;
  }

  override push(t: Tuple): void {
    this.cpu.begin();
    try {
      super.push(t);
    } finally {
      this.cpu.end();
    }
  }
}
