// The program of a rule that is spread over several gateways: one running program for each partition that this gateway reads, so that the state of
// a partition can go to another gateway alone. Windows, groups and analytic functions see the rows of one partition. Made by spread.ts.
import type { Tuple } from '../../data/tuple.ts';
import type { OperatorView, RunningProgram } from '../../exec/operator.ts';

export class SpreadProgram implements RunningProgram {
  private readonly make: () => RunningProgram;
  private parts = new Map<number, RunningProgram>();

  /** @param make starts the program of one partition */
  constructor(make: () => RunningProgram) {
    this.make = make;
  }

  /** @param states by partition, of the operators; undefined: it begins without */
  assign(states: ReadonlyMap<number, Record<string, unknown> | undefined>): void {
    this.close();
    for (const [partition, state] of states) {
      const part = this.make();
      if (state) part.load(state);
      this.parts.set(partition, part);
    }
    for (const part of this.parts.values()) part.begin();
  }

  push(input: number, t: Tuple): void {
    // a message of a partition that went meanwhile stays unconfirmed: its next reader has it
    this.parts.get(Number(t.meta?.['partition']))?.push(input, t);
  }

  /** State of the operators by partition. */
  saveParts(): Map<number, Record<string, unknown>> {
    return new Map([...this.parts].map(([partition, part]) => [partition, part.save()]));
  }

  /** Nothing for the gateway's own checkpoints: the state is kept with the partitions. */
  save(): Record<string, unknown> {
    return {};
  }

  load(): void {
    // each partition gets its own state when it is assigned
  }

  begin(): void {
    // partitions begin when they are assigned
  }

  end(): void {
    for (const part of this.parts.values()) part.end();
  }

  /** The partitions are no longer read here: whoever reads them next gets what is not confirmed. */
  close(): void {
    for (const part of this.parts.values()) part.close(true);
    this.parts.clear();
  }

  explain(): Readonly<Record<string, OperatorView>> {
    const [first] = this.parts.values();
    return first?.explain?.() ?? {};
  }
}
