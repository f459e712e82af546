// Physical subscriptions, shared by all rules with equal type, datasource, properties and format (design §3).
import type { Tuple } from '../../data/tuple.ts';
import type { IndexConjunct } from '../../exec/operator.ts';
import type { SourceSpec } from '../definition.ts';

/** Someone who reads a subscription: an input of a rule, a scan table. */
export interface Subscriber {
  /** Shared by all subscribers: must not be changed. */
  push(t: Tuple): void;
  /** Looked up by the subscription before `push` is called; [] = gets everything. */
  readonly index: readonly IndexConjunct[];
  /** Tuples carry the time of the TIMESTAMP column; rows without it are refused. */
  readonly eventTime: boolean;
  /** A bounded source is at its end. @param text what the source said, mostly '' */
  end(text: string): void;
}

export interface Subscription {
  /** Slot of a column in tuples pushed from now on; `*` = the whole decoded object. */
  slotOf(column: string): number;
  /** Starts the flow; until then nothing is pushed. */
  begin(): void;
  close(): void;
}

export interface SourcePool {
  subscribe(spec: SourceSpec, subscriber: Subscriber): Promise<Subscription>;
}
