// What the parts of the runtime see of each other: interfaces only, so that no file needs the one that needs it. Rules subscribe at the pool
// (source/source-pool.ts), tables are opened for them (table/index.ts), sources give to subscribers (rule/run-input.ts, table/scan-table.ts).
import type { DeviceReport } from '../contract/device.ts';
import type { CloseReason, SourceFound, SourceReads } from '../contract/source.ts';
import type { SpreadMember } from '../contract/spread.ts';
import type { Ack } from '../data/ack.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Row } from '../data/value.ts';
import type { IndexConjunct, LookupTable, ScanTable } from '../exec/operator.ts';
import type { SourceSpec } from './definition.ts';
import type { Failing } from './diagnosis/failing.ts';
import type { ConnectionStats, NodeStats } from './node-stats.ts';
import type { Histogram } from './status/histogram.ts';
import type { RuleTrace } from './trace/rule-trace.ts';

// ------------------------------------------------------------------------------------------------------------------- sources

/** Someone who reads a subscription: an input of a rule, a scan table. */
export interface Subscriber {
  readonly ruleId: string;
  /** Tuples are shared by all subscribers and must not be changed. */
  push(t: Tuple): void;
  /** Looked up by the subscription before `push` is called; [] = gets everything. */
  readonly index: readonly IndexConjunct[];
  /** Columns that it reads; undefined = all. */
  readonly columns?: readonly string[] | undefined;
  /** Tuples carry the time of the TIMESTAMP column; rows without it are refused. */
  readonly eventTime: boolean;
  /** A rule with standard SQL: fields that it does not read and that cannot be decoded are not its business. */
  readonly standard?: boolean;
  /** A bounded source is at its end. @param text what the source said, mostly '' */
  end(text: string): void;
  /** A message that could not be decoded or validated (for option sendError and dead letters).
   *  @param data the payload or row; undefined when a source failed without one */
  sourceError?(error: unknown, data?: Uint8Array | string | Row, ack?: Ack): void;
  /** The source put something into its state. */
  stateChanged?(): void;
}

/** What arrives for a rule that does not read for a moment is kept. `switch`: it is replaced or restarted by a command; `recovery`: it failed
 *  and waits for its restart. */
export type HandoverKind = 'switch' | 'recovery';

/** What a source says of its peer (source/peer-view.ts). */
export interface PeerPort {
  /** What the peer does not give, in sentences. */
  notes(): readonly string[];
  reads(): SourceReads;
  search(): Promise<SourceFound | undefined>;
  readonly found: SourceFound | undefined;
}

/** A physical subscription as rules see it (source/source-node.ts). */
export interface SourcePort {
  readonly name: string;
  readonly stats: NodeStats;
  readonly connection: ConnectionStats;
  readonly losses: { readonly reconnects: number };
  readonly recentLosses: number;
  readonly unconfirmed: number;
  readonly dropped: number;
  readonly dropReasons: Readonly<Record<string, number>>;
  readonly peerDropped: number;
  readonly waitingMs: number;
  readonly lastMessageAtMs: number;
  /** The devices behind it, as its connector reports them. */
  devices(): readonly DeviceReport[];
  /** Where it reads, and what else there is. */
  readonly peer: PeerPort;
  readonly latency: Histogram;
  readonly traces: Set<RuleTrace>;
  /** It keeps only the last message of each interval. */
  readonly limited: boolean;
  readonly hasOffset: boolean;
  offset(): unknown;
  rewind(offset: unknown): void;
  /** @throws when the source has no position that can be set, or refuses this one */
  resetOffset(values: Readonly<Record<string, unknown>>): void;
  saveState(): unknown;
  loadState(state: unknown): void;
  /** A rule with state joined (+1) or left (-1): it must see repetitions. */
  keepState(change: 1 | -1): void;
  /** A rule fell behind (+1) or caught up (-1). */
  pressure(change: 1 | -1): void;
  /** Resolves when the source is connected, or closed. */
  whenConnected(): Promise<void>;
}

/** How a rule's share of a subscription is decoded, and what that counted (source/decode-group.ts). */
export interface DecodePort {
  readonly stats: NodeStats;
  /** Messages are bytes that are decoded here. */
  readonly ofBytes: boolean;
  readonly undecodable: number;
  readonly messages: number;
  readonly bytes: number;
  readonly lastRow: Row | undefined;
  readonly failing: Failing;
  isUnseen(column: string): boolean;
}

export interface Subscription {
  /** Slot of a column in tuples pushed from now on; `*` = the whole decoded object. */
  slotOf(column: string): number;
  /** Starts the flow; until then nothing is pushed.
   *  @returns number of messages kept since the rule's run before, which are pushed at once */
  begin(): number;
  /** No push after this. The physical subscription ends with its last subscriber.
   *  @param handOver what comes from now on is kept for the rule's next run, until `endHandover`; with `recovery` the physical subscription
   *         stays open until then, also without other subscribers */
  close(reason?: CloseReason, handOver?: HandoverKind): void;
  readonly node: SourcePort;
  readonly group: DecodePort;
}

export interface SourcePool {
  /** @param member set: the rule is spread over several gateways, and the subscription is its own
   *  @throws when the source refuses datasource or properties, or is unknown */
  subscribe(spec: SourceSpec, subscriber: Subscriber, member?: SpreadMember): Promise<Subscription>;
  /** Checks without subscribing. @throws as subscribe */
  validate(spec: SourceSpec): Promise<void>;
  /** While pinned, subscriptions without subscribers stay open (restart of a rule, orderly end). */
  pin(): void;
  /** @returns when everything that became unused meanwhile is closed */
  unpin(reason?: CloseReason): Promise<void>;
  /** The rule's next run reads, or there is none: nothing is kept for it any more. */
  endHandover(ruleId: string): void;
  nodes(): readonly SourcePort[];
}

// -------------------------------------------------------------------------------------------------------------------- tables

export interface TableLease<T> {
  readonly table: T;
  release(): void;
}

export type ScanLease = TableLease<ScanTable> & { slotOf(column: string): number };

/** How rules reach tables; implemented by runtime/table. Called when a run starts and ends. */
export interface TableAccess {
  /** Scan table: rows of its source are kept, bounded by RETAIN_SIZE. @param columns that the rule reads, in order of slots 0…n-1 asked by slotOf */
  openScan(spec: SourceSpec, columns: readonly string[], pool: SourcePool): Promise<ScanLease>;
  /** Lookup table, shared by all rules that join it. */
  openLookup(spec: SourceSpec): Promise<TableLease<LookupTable>>;
}
