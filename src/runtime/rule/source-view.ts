// What one rule sees of a subscription that it shares with others: counters from the moment it joined (also of messages that the rule
// index kept away from it), and the last values after it left. Read by status and health.
import type { SourceHealth } from '../api.ts';
import type { ConnectionStats, NodeStats } from '../node-stats.ts';
import type { DecodeGroup } from '../source/decode-group.ts';
import type { SourceNode } from '../source/source-node.ts';

export interface SourceView {
  readonly name: string;
  stats(): NodeStats;
  connection(): ConnectionStats;
  health(): SourceHealth;
  /** Counts begin at zero now. */
  reset(): void;
  /** The rule left: values stay. */
  freeze(): void;
}

export function viewSource(node: SourceNode, group: DecodeGroup, name: string): SourceView {
  const base = {
    recordsIn: 0,
    recordsOut: 0,
    processed: 0,
    exceptions: 0,
    dropped: 0,
    undecodable: 0,
    reconnects: 0,
    reasons: {} as Record<string, number>,
  };
  let joinedAtMs = 0;
  let frozen: { stats: NodeStats; connection: ConnectionStats; health: SourceHealth } | undefined;
  const later = (atMs: number) => (atMs >= joinedAtMs ? atMs : 0);
  const stats = (): NodeStats => {
    const { recordsIn, lastInvocationAtMs, latencyUs } = node.stats;
    const s = { ...group.stats, recordsIn, lastInvocationAtMs, latencyUs };
    const fresh = s.exceptions > base.exceptions;
    return {
      ...s,
      name,
      recordsIn: s.recordsIn - base.recordsIn,
      recordsOut: s.recordsOut - base.recordsOut,
      processed: s.processed - base.processed,
      exceptions: s.exceptions - base.exceptions,
      lastException: fresh ? s.lastException : '',
      lastExceptionAtMs: fresh ? s.lastExceptionAtMs : 0,
      lastInvocationAtMs: s.recordsIn > base.recordsIn ? s.lastInvocationAtMs : 0,
    };
  };
  const health = (): SourceHealth => ({
    stream: name,
    connection: node.connection.state,
    message: node.connection.state === 'connected' ? '' : node.connection.lastDisconnectedMessage,
    lastMessageAtMs: later(node.lastMessageAtMs),
    dropped: node.dropped - base.dropped,
    dropReasons: Object.fromEntries(
      Object.entries(node.dropReasons)
        .map(([reason, n]): [string, number] => [reason, n - (base.reasons[reason] ?? 0)])
        .filter(([, n]) => n > 0),
    ),
    undecodable: group.undecodable - base.undecodable,
    unconfirmed: node.unconfirmed,
    reconnects: node.reconnects - base.reconnects,
  });
  return {
    name,
    stats: () => frozen?.stats ?? stats(),
    connection: () => frozen?.connection ?? node.connection,
    health: () => frozen?.health ?? health(),
    reset() {
      const { recordsIn } = node.stats;
      const { recordsOut, processed, exceptions } = group.stats;
      const { dropped, reconnects } = node;
      const { undecodable } = group;
      Object.assign(base, {
        recordsIn,
        recordsOut,
        processed,
        exceptions,
        dropped,
        undecodable,
        reconnects,
        reasons: { ...node.dropReasons },
      });
      joinedAtMs = node.lastMessageAtMs + 1;
    },
    freeze() {
      frozen ??= { stats: stats(), connection: { ...node.connection }, health: health() };
    },
  };
}
