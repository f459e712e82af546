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
   *  @throws an error with `retriable: true` (ioError) is retried by policy; any other loses this item: counted, reported */
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
  /** `collect` may wait for other rules of this gateway (memory topics): slowness alone is no reason to put its items on disk. */
  patient?: boolean;
  /** Property that `resendDestination` replaces. */
  resendProperty?: string;
  options: readonly OptionSpec[];
  doc: string;
  create(): Sink;
}
