// Sinks: deliver what a rule gives. A connector never retries and never queues: it says whether a write was delivered; the runtime
// owns transformation, batching, retry with backoff, the durable queue, status and metrics.
import type { Row } from '../data/value.ts';
import type { ConnectorContext, SinkContext } from './context.ts';
import type { OptionSpec, Props } from './props.ts';

/** Bytes sinks get text or bytes that are ready to send; rows sinks get one row (sendSingle) or the list. */
export type SinkData = string | Uint8Array | Row | Row[];

export interface Sink<C = ConnectorContext> {
  /** @throws when props are wrong: the rule is refused with that message */
  configure?(props: Props): void | Promise<void>;
  /** Resolves when connected. */
  open(ctx: C, fail: (error: Error) => void): void | Promise<void>;
  /** Delivers one item. Returning (or resolving) means delivered.
   *  @param dynamic values of the dynamic properties for this item (e.g. `topic`), by wire name; only those that hold a template
   *  @throws an error with `retriable: true` (ioError) says that the peer is away: everything waits in order until it is back. With
   *          `answered: true` in addition (answeredError) the peer is there and failed on this item: it is tried again, and set aside when it
   *          fails while others are taken. Any other error: the item is not taken, and set aside at once (dead letter action, parked rows) */
  collect(ctx: C, data: SinkData, dynamic?: Readonly<Record<string, unknown>>): void | Promise<void>;
  close(ctx: C): void | Promise<void>;
}

/** The form in which plugins write sinks (design §5). */
export interface PluginSink {
  configure?(props: Props): void | Promise<void>;
  open(ctx: SinkContext): void | Promise<void>;
  collect(ctx: SinkContext, data: Row | Row[]): void | Promise<void>;
  close(ctx: SinkContext): void | Promise<void>;
}

export interface SinkDefinition {
  kind: 'sink';
  name: string;
  /** `bytes`: transform → encode → compress → encrypt → collect; `rows`: objects, no encoding. */
  payload: 'bytes' | 'rows';
  /** How many `collect` calls may be under way at once, in order (1 = wait for each). */
  maxInFlight: number;
  /** `collect` may wait for other rules of this gateway (memory topics): slowness alone is not a reason to put its items on disk. */
  patient?: boolean;
  /** Property that `resendDestination` replaces. */
  resendProperty?: string;
  /** What an item replaces at its destination: keys such that a later item with the same key overwrites an earlier one (a retained topic, a
   *  row of a table with its key). A parked row does not overwrite a newer one of its key. Without it every item stands for itself.
   *  @returns undefined when these props make no such sink */
  replaces?(props: Props): ((data: SinkData, dynamic: Readonly<Record<string, unknown>> | undefined) => readonly string[]) | undefined;
  options: readonly OptionSpec[];
  doc: string;
  create(): Sink;
}
