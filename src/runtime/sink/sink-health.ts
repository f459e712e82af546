// Health of one sink in figures. Called by sink-node.ts; status/health.ts makes sentences of it.
import type { SinkHealth } from '../api.ts';
import type { Link } from '../link/link.ts';
import type { NodeStats } from '../node-stats.ts';
import type { SinkLine } from './sink-line.ts';

interface Parts {
  readonly name: string;
  readonly link: Link;
  readonly line: SinkLine;
  readonly stats: NodeStats;
  notes(): readonly string[];
}

/** @param nowMs monotonic */
export function sinkHealth(parts: Parts, nowMs: number): SinkHealth {
  const { name, link, line, stats } = parts;
  const { connection, losses } = link;
  const disk = line.spool.opened;
  const { lot } = line.parts;
  return {
    sink: name,
    connection: connection.state,
    lastTryAtMs: connection.lastTryAtMs,
    message: connection.state === 'connected' ? '' : connection.lastDisconnectedMessage,
    mode: line.state.mode,
    waiting: line.pending,
    retried: line.retried,
    spilled: line.spool.spilled,
    dropped: line.dropped + (disk?.dropped ?? 0),
    refused: line.aside.refused,
    parked: lot.rows,
    parkedReason: lot.lastReason,
    parkedOldestAtMs: lot.oldestAtMs,
    parkError: line.aside.error,
    queueRows: disk?.rows ?? 0,
    queueBytes: disk?.bytes ?? 0,
    storeError: line.diskFails ? line.spool.error : '',
    queueOldestAtMs: disk?.oldestAtMs ?? 0,
    reconnects: losses.reconnects,
    recentLosses: losses.recent(nowMs),
    lastLoss: connection.lastDisconnectedMessage,
    lastError: stats.lastException,
    lastErrorAtMs: stats.lastExceptionAtMs,
    notes: parts.notes(),
  };
}
