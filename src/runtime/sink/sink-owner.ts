// What a rule does for its sinks. Implemented by rule/run-host.ts.
import type { Ack } from '../../data/ack.ts';
import type { RuleOptions } from '../options.ts';
import type { DeadLetterOffice } from './dead-letter.ts';

export interface SinkOwner extends DeadLetterOffice {
  readonly ruleId: string;
  readonly options: RuleOptions;
  /** The sink fell behind or caught up: the rule's sources are asked to wait. */
  behind(sink: object, yes: boolean): void;
  /** The rule must stop by this error. */
  crash(error: unknown): void;
  touch(): void;
  /** The sink put something into its state. */
  stateChanged(): void;
  /** Acks that a result built from stored state must carry until the next checkpoint commits. */
  readonly resultAcks: readonly Ack[];
}
