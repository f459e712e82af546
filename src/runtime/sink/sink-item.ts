// One thing on its way to a sink, when it cannot be delivered at once. Only then it is made: the happy path allocates nothing.
import type { SinkData } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';

export interface SinkItem {
  data: SinkData;
  dynamic: Readonly<Record<string, unknown>> | undefined;
  rows: number;
  /** Retained until delivered, stored durably, parked or discarded. */
  acks: readonly Ack[];
  /** Arrival, epoch ms. */
  atMs: number;
  /** `flying`: collect was called and did not answer yet. `failed`: it must be tried again. `done`: delivered, parked or refused; never sent again. */
  state: 'waiting' | 'flying' | 'failed' | 'done';
  /** It is on disk or on its way there. */
  stored: boolean;
  /** Failures that count against maxRetries. */
  tries: number;
  /** Failures that the peer answered itself, and the deliveries of the sink at the first of them: see verdict.ts. */
  faults: number;
  faultsSince: number;
  /** Counts its flights, so that a late answer is known from that of a later try. */
  flights: number;
  /** A parked row that somebody wants tried again: told how it went. It stays parked unless it was delivered. */
  parkedTry?: ((error: unknown) => void) | undefined;
}

/** @param acks retained by the caller */
export const newItem = (
  data: SinkData,
  dynamic: Readonly<Record<string, unknown>> | undefined,
  rows: number,
  acks: readonly Ack[],
  atMs: number,
): SinkItem => ({
  data,
  dynamic,
  rows,
  acks,
  atMs,
  state: 'waiting',
  stored: false,
  tries: 0,
  faults: 0,
  faultsSince: 0,
  flights: 0,
});

export const countRows = (items: readonly { rows: number }[]): number => items.reduce((n, i) => n + i.rows, 0);
