// Counters of one node as status and metrics show them (rules.md §2). Bumped in place on the hot path: plain fields, one shape.
import type { ConnectionState } from '../contract/context.ts';
import type { OperatorStats } from '../exec/operator.ts';

/** Operators have these; sources and sinks add the connection. */
export interface NodeStats extends OperatorStats {
  processed: number;
}

export interface ConnectionStats {
  state: ConnectionState;
  lastConnectedAtMs: number;
  lastDisconnectedAtMs: number;
  lastDisconnectedMessage: string;
  lastTryAtMs: number;
}

export function createNodeStats(name: string): NodeStats {
  return {
    name,
    recordsIn: 0,
    recordsOut: 0,
    processed: 0,
    exceptions: 0,
    lastException: '',
    lastExceptionAtMs: 0,
    lastInvocationAtMs: 0,
    latencyUs: 0,
    bufferLength: 0,
  };
}

export function createConnectionStats(): ConnectionStats {
  return { state: 'connecting', lastConnectedAtMs: 0, lastDisconnectedAtMs: 0, lastDisconnectedMessage: '', lastTryAtMs: 0 };
}

/** eKuiper's code: 1 connected, -1 not reached yet, 0 lost or not tried yet. What was connected once counts as connecting as long as it is away. */
export function connectionCode({ state, lastConnectedAtMs }: ConnectionStats): 1 | 0 | -1 {
  if (state === 'connected') return 1;
  return state === 'connecting' || lastConnectedAtMs > 0 ? 0 : -1;
}

export function countException(stats: OperatorStats, text: string, nowMs: number): void {
  stats.exceptions++;
  stats.lastException = text;
  stats.lastExceptionAtMs = nowMs;
}
