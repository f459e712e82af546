// One thing on its way to a sink, when it cannot be delivered at once. Only then it is made: the happy path allocates nothing.
import type { SinkData } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';

export interface SinkItem {
  data: SinkData;
  dynamic: Readonly<Record<string, unknown>> | undefined;
  rows: number;
  /** Retained until delivered, stored durably or given up. */
  acks: readonly Ack[];
  /** Arrival, epoch ms. */
  atMs: number;
  /** `flying`: collect was called and did not answer yet. */
  state: 'waiting' | 'flying' | 'delivered' | 'failed';
  /** It is on disk or on its way there; a late answer of the sink marks it delivered. */
  stored: boolean;
  tries: number;
}

/** Rough size in memory and on disk, bytes. */
export function sizeOf(data: SinkData): number {
  if (typeof data === 'string') return data.length;
  if (data instanceof Uint8Array) return data.byteLength;
  return Array.isArray(data) ? 200 * data.length : 200;
}
