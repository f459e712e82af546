// What one rule sees of a subscription that it shares with others: counters from the moment it joined (also of messages that the rule
// index kept away from it), and the last values after it left. Read by status and health.
import type { SourceHealth } from '../api.ts';
import type { SourceSpec } from '../definition.ts';
import { Rhythm } from '../diagnosis/rhythm.ts';
import type { ConnectionStats, NodeStats } from '../node-stats.ts';
import type { DecodePort, SourcePort } from '../ports.ts';
import type { SourceInside, SourceStatusView } from '../status/view.ts';

export class SourceView implements SourceStatusView {
  readonly name: string;
  readonly nodeName: string;
  readonly rhythm = new Rhythm();
  private readonly decoderName: string;
  private readonly node: SourcePort;
  private readonly group: DecodePort;
  private base: Counts = noCounts;
  private joinedAtMs = 0;
  private looked = false;
  private frozen: { stats: NodeStats; connection: ConnectionStats; health: SourceHealth } | undefined;

  /** @param decoderName of the node that decodes its messages, if it gives bytes */
  constructor(node: SourcePort, group: DecodePort, spec: Pick<SourceSpec, 'name' | 'nodeName'>, decoderName: string) {
    this.node = node;
    this.group = group;
    this.name = spec.name;
    this.nodeName = spec.nodeName ?? spec.name;
    this.decoderName = decoderName;
  }

  decoder(): NodeStats | undefined {
    return this.group.ofBytes ? { ...this.stats(), name: this.decoderName, latencyUs: 0, bufferLength: 0 } : undefined;
  }

  stats(): NodeStats {
    if (this.frozen) return this.frozen.stats;
    const { base } = this;
    const { recordsIn, lastInvocationAtMs, latencyUs } = this.node.stats;
    const g = this.group.stats;
    const fresh = g.exceptions > base.exceptions;
    return {
      ...g,
      name: this.name,
      latencyUs: recordsIn > base.recordsIn ? latencyUs : 0,
      recordsIn: recordsIn - base.recordsIn,
      recordsOut: g.recordsOut - base.recordsOut,
      processed: g.processed - base.processed,
      exceptions: g.exceptions - base.exceptions,
      lastException: fresh ? g.lastException : '',
      lastExceptionAtMs: fresh ? g.lastExceptionAtMs : 0,
      lastInvocationAtMs: recordsIn > base.recordsIn ? lastInvocationAtMs : 0,
    };
  }

  /** Of the source, for all its rules. */
  get latency(): SourcePort['latency'] {
    return this.node.latency;
  }

  connection(): ConnectionStats {
    return this.frozen?.connection ?? this.node.connection;
  }

  health(): SourceHealth {
    if (this.frozen) return this.frozen.health;
    const { node, base } = this;
    return {
      stream: this.name,
      connection: node.connection.state,
      message: node.connection.state === 'connected' ? '' : node.connection.lastDisconnectedMessage,
      disconnectedAtMs: node.connection.state === 'connected' ? 0 : node.connection.lastDisconnectedAtMs,
      lastMessageAtMs: node.lastMessageAtMs >= this.joinedAtMs ? node.lastMessageAtMs : 0,
      dropped: node.dropped - base.dropped,
      dropReasons: Object.fromEntries(
        Object.entries(node.dropReasons)
          .map(([reason, n]): [string, number] => [reason, n - (base.reasons[reason] ?? 0)])
          .filter(([, n]) => n > 0),
      ),
      peerDropped: node.peerDropped - base.peerDropped,
      waitingMs: node.waitingMs,
      undecodable: this.group.undecodable - base.undecodable,
      unconfirmed: node.unconfirmed,
      reconnects: node.losses.reconnects - base.reconnects,
      recentLosses: node.recentLosses,
      lastLoss: node.connection.lastDisconnectedMessage,
      devices: node.devices(),
      notes: node.peer.notes(),
    };
  }

  inside(): SourceInside {
    const { node, group, base } = this;
    return {
      reads: node.peer.reads(),
      found: node.peer.found,
      connectedAtMs: node.connection.lastConnectedAtMs,
      messages: group.messages,
      bytes: group.bytes - base.bytes,
      lastRow: group.lastRow,
      failing: group.failing,
      isUnseen: (column) => group.isUnseen(column),
    };
  }

  /** Looks at the peer for names with messages that a person may have meant. */
  search(): Promise<unknown> {
    return this.frozen ? Promise.resolve() : this.node.peer.search();
  }

  /** The same, once in a run and only while nothing has come. */
  lookOnce(): void {
    if (this.looked || this.frozen || this.node.stats.recordsIn > this.base.recordsIn) return;
    this.looked = this.node.connection.state === 'connected';
    if (this.looked) void this.node.peer.search();
  }

  /** Counts begin at zero now. */
  reset(): void {
    const { node, group } = this;
    this.base = {
      recordsIn: node.stats.recordsIn,
      recordsOut: group.stats.recordsOut,
      processed: group.stats.processed,
      exceptions: group.stats.exceptions,
      dropped: node.dropped,
      peerDropped: node.peerDropped,
      undecodable: group.undecodable,
      bytes: group.bytes,
      reconnects: node.losses.reconnects,
      reasons: { ...node.dropReasons },
    };
    this.joinedAtMs = node.lastMessageAtMs + 1;
  }

  /** So many messages came between the rule's runs: they count for this one. */
  replayed(count: number): void {
    const { base } = this;
    if (count > 0)
      this.base = { ...base, recordsIn: base.recordsIn - count, recordsOut: base.recordsOut - count, processed: base.processed - count };
  }

  /** The rule left: values stay. */
  freeze(): void {
    this.frozen ??= { stats: this.stats(), connection: { ...this.node.connection }, health: this.health() };
  }
}

interface Counts {
  recordsIn: number;
  recordsOut: number;
  processed: number;
  exceptions: number;
  dropped: number;
  peerDropped: number;
  undecodable: number;
  bytes: number;
  reconnects: number;
  reasons: Readonly<Record<string, number>>;
}

const noCounts: Counts = {
  recordsIn: 0,
  recordsOut: 0,
  processed: 0,
  exceptions: 0,
  dropped: 0,
  peerDropped: 0,
  undecodable: 0,
  bytes: 0,
  reconnects: 0,
  reasons: {},
};
