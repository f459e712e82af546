// What a rule (rule.ts) hands to a run of it (rule-run.ts), how it ends it, and what it gets back.
import type { CloseReason } from '../../contract/source.ts';
import type { Ack } from '../../data/ack.ts';
import type { Checkpointer } from '../checkpoint/checkpointer.ts';
import type { RuleSnapshot } from '../checkpoint/rule-state.ts';
import type { Environment } from '../environment.ts';
import type { HandoverKind, SourcePool } from '../ports.ts';
import type { RuleTrace } from '../trace/rule-trace.ts';

export interface RunDeps {
  env: Environment;
  pool: SourcePool;
  checkpointer: Checkpointer;
  /** Set: what happens to its messages is recorded. */
  trace?: RuleTrace | undefined;
  /** State to begin with. */
  snapshot: RuleSnapshot | undefined;
  /** Confirmations of messages in that state, when it is nowhere on disk: given at the first checkpoint. */
  held?: readonly Ack[];
  /** The run ended by itself. @param error undefined: a bounded source is at its end, with its text */
  onEnd(error: unknown, text: string): void;
  /** A checkpoint was stored. */
  onStored(): void;
}

/** State of a run that ended, for the next one. */
export interface KeptState {
  snapshot: RuleSnapshot;
  /** Confirmations of messages that are in it and in no checkpoint. */
  held: readonly Ack[];
}

export interface RunEnding {
  reason: CloseReason;
  /** `save`: it is stored, then the messages in it are confirmed, and given back (with the confirmations when it could not be stored); `drop`:
   *  messages in it are released. */
  state: 'drop' | 'save';
  /** False: the rule is deleted. */
  keepQueues: boolean;
  timeoutMs: number;
  /** What comes from now on is kept for the rule's next run. */
  handOver?: HandoverKind | undefined;
}
