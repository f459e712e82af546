// Sources: push (emit when data comes) or pull (asked by the runtime at an interval), bytes or rows.
// A connector never retries: it opens, emits, and reports `fail`; the runtime owns backoff, status and metrics.
import type { Meta } from '../data/tuple.ts';
import type { Row } from '../data/value.ts';
import type { ConnectorContext, SourceContext } from './context.ts';
import type { DeviceReport } from './device.ts';
import type { OptionSpec, Props } from './props.ts';
import type { SpreadMember } from './spread.ts';

/** Hands data to the gateway.
 *  @param data bytes for the stream's FORMAT, or one row, or rows
 *  @param meta what `meta()` shows: topic, qos, …
 *  @param ack called exactly once, when every rule that reads the message has delivered, stored or checkpointed it
 *  @returns nothing when the source may go on; a promise to wait for when the gateway is behind (backpressure). A promise that is
 *           not awaited does no harm; it never rejects. */
export type Emit = (data: Uint8Array | string | Row | Row[], meta?: Meta, ack?: () => void) => void | Promise<void>;

/** Reports that the source cannot go on (connection lost). The runtime closes it and opens it again with backoff. */
export type Fail = (error: Error) => void;

export type CloseReason = 'stopped' | 'shutdown' | 'reopen';

export interface Source<C = ConnectorContext> {
  /** @throws when datasource or props are wrong: the stream or rule is refused with that message */
  configure?(datasource: string, props: Props): void | Promise<void>;
  /** Resolves when connected. Push sources emit from here on. */
  open(ctx: C, emit: Emit, fail: Fail): void | Promise<void>;
  /** Safe to call twice, also when `open` failed.
   *  @param reason `shutdown`: the gateway will come back, sessions at the peer are kept; `stopped`: no rule reads it any more;
   *         `reopen`: it failed and is opened again soon */
  close(ctx: C, reason?: CloseReason): void | Promise<void>;
  /** Pull sources: fetches once; called at once and then each interval, never two at a time. */
  pull?(ctx: C, emit: Emit): void | Promise<void>;
  /** The devices behind it, for health and `GET /devices`. Called when a person asks. */
  devices?(): readonly DeviceReport[];
  /** Where it reads, for health and diag. Called when a person asks. */
  reads?(): SourceReads;
  /** Looks at the peer for what a person may have meant (topics with messages). Bounded in time and size; must not disturb what is read. */
  search?(ctx: C): Promise<SourceFound>;
  /** What was asked for and the peer does not give, as sentences that need no action: health shows them as notes. Called when a person asks. */
  notes?(): readonly string[];
  /** Position for the checkpoint (file offset, last id); called when a checkpoint is made. */
  offset?(): unknown;
  /** Called before `open` with the last checkpointed position. */
  rewind?(offset: unknown): void;
  /** Called first of all when the rule is spread over several gateways, which share the input by partitions. Absent where that is not possible. */
  spread?(member: SpreadMember): void;
  /** A user sets the position of the open source (`reset_state`): values by name of index field or variable.
   *  @throws when the names or values make no position */
  resetOffset?(values: Readonly<Record<string, unknown>>): void;
}

export interface SourceReads {
  /** Address of the peer without secrets: `tcp://10.0.0.7:1883`. */
  peer: string;
  /** What is asked for there, as it was asked: `topic filter plant/+/temp`. */
  what: string;
  /** The peer is there, whatever becomes of the subscription; undefined: the state of the source says it. */
  linked?: boolean;
  /** Messages that arrived on the same connection for others; undefined where nobody counts them. */
  elsewhere?: number;
}

export interface SourceFound {
  /** What there is at the peer, likeliest first. `near`: so like what is read that it was probably meant. */
  places: readonly { name: string; messages: number; near: boolean }[];
  /** For how long was looked. */
  lookedMs: number;
  /** Why nothing could be seen; '' when something could. */
  problem: string;
}

/** The form in which plugins write sources (design §5). */
export type PluginSource = Source<SourceContext>;

/** Sent through `fail` (or thrown by pull) when a bounded source is at its end: the rule stops as done. */
export class EndOfInput extends Error {
  readonly code = 'END_OF_INPUT';
  constructor(message = '') {
    super(message);
    this.name = 'EndOfInput';
  }
}

export interface SourceDefinition {
  kind: 'source';
  name: string;
  /** `bytes` goes through the stream's FORMAT, `rows` does not. */
  payload: 'bytes' | 'rows';
  /** One physical subscription may serve all rules with equal type, datasource and properties. False for sources with a position of their own (file, simulator). */
  shareable: boolean;
  options: readonly OptionSpec[];
  /** `interval` is an option of its own, whatever the list says: the gateway does not thin its messages out (plugins). */
  ownInterval?: true;
  doc: string;
  create(): Source;
}

/** A lookup table's source. */
export interface LookupSource<C = ConnectorContext> {
  configure?(datasource: string, props: Props): void | Promise<void>;
  open(ctx: C): void | Promise<void>;
  /** @param fields columns that are wanted ([] = all)  @param keys columns of the equality conditions  @param values their values
   *  @returns the matching rows, [] if none */
  lookup(ctx: C, fields: readonly string[], keys: readonly string[], values: readonly unknown[]): Row[] | Promise<Row[]>;
  close(ctx: C): void | Promise<void>;
}

export interface LookupDefinition {
  kind: 'lookup';
  name: string;
  options: readonly OptionSpec[];
  doc: string;
  create(): LookupSource;
}
