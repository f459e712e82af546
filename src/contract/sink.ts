// Sinks: deliver what a rule gives. A connector never retries and never queues: it says whether a write was delivered; the runtime
// owns transformation, batching, retry with backoff, the durable queue, status and metrics.
import { GatewayError } from '../base/errors/gateway-error.ts';
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
   *          fails while others are taken. Any other error: the item is not taken, and set aside at once (dead letter action, parked rows);
   *          rowsRefused: only those rows of a list are set aside, the others are delivered
   *  @param atMs when the rule gave the item, epoch ms: the same at every try, also when it waited on disk */
  collect(ctx: C, data: SinkData, dynamic?: Readonly<Record<string, unknown>>, atMs?: number): void | Promise<void>;
  close(ctx: C): void | Promise<void>;
  /** What was asked for and the peer does not take, as sentences that need no action: health shows them as notes. Called when a person asks. */
  notes?(): readonly string[];
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
  /** Where it depends on the properties; instead of maxInFlight. */
  inFlight?(props: Props): number;
  /** `collect` may wait for other rules of this gateway (memory topics): slowness alone is not a reason to put its items on disk. */
  patient?: boolean;
  /** So many times as long as others it may answer nothing before its items go to disk: its own medium is a disk, most often the same one. Default 1. */
  patience?: number;
  /** Property that `resendDestination` replaces. */
  resendProperty?: string;
  /** Properties whose templates are over something else than rows, which the sink fills in itself (headers with a token).
   *  @returns wire names */
  fills?(props: Props): readonly string[];
  /** What an item replaces at its destination: keys such that a later item with the same key overwrites an earlier one (a retained topic, a
   *  row of a table with its key). A parked row does not overwrite a newer one of its key. Without it every item stands for itself.
   *  @returns undefined when these props make no such sink */
  replaces?(props: Props): ((data: SinkData, dynamic: Readonly<Record<string, unknown>> | undefined) => readonly string[]) | undefined;
  /** The rule is deleted, or changed so that the action is gone: what it left at its peer may be cleared. Also called for a rule that does not
   *  run. Ends within some seconds.
   *  @param after properties of the action that takes its place; undefined: none does */
  retired?(props: Props, after: Props | undefined, ctx: ConnectorContext): Promise<void>;
  options: readonly OptionSpec[];
  doc: string;
  create(): Sink;
}

/** Some rows of a list are not taken for good; all others of it are delivered.
 *  @param rows the very objects that `collect` was given, or equal ones: they are set aside instead of the list */
export function rowsRefused(text: string, rows: readonly Row[], cause?: unknown): GatewayError & { refusedRows: readonly Row[] } {
  return Object.assign(new GatewayError('ROWS_REFUSED', { text }, { cause }), { refusedRows: rows });
}

/** What is set aside of an item: the refused rows when the error names them, else all of it. */
export function refusedPart<T extends { data: SinkData; rows: number }>(item: T, error: unknown): Pick<T, 'data' | 'rows'> {
  const rows = typeof error === 'object' && error !== null ? (error as { refusedRows?: unknown }).refusedRows : undefined;
  if (!Array.isArray(rows) || !Array.isArray(item.data) || rows.length === 0 || rows.length >= item.data.length) return item;
  return { data: rows as Row[], rows: rows.length };
}
