// What `collect` of a sink is given, by its kind: the runtime gives rows to sinks of rows and text or bytes to the others. Used by the sinks.
import type { SinkData } from '../../contract/sink.ts';
import type { Row } from '../../data/value.ts';

/** @throws TypeError when the runtime gave a sink of rows something else */
export function rowsOf(data: SinkData): readonly Row[] {
  if (typeof data === 'string' || data instanceof Uint8Array) throw new TypeError('a sink of rows was given bytes');
  return Array.isArray(data) ? data : [data];
}

/** @throws TypeError when the runtime gave a sink of bytes something else */
export function bytesOf(data: SinkData): Buffer {
  if (typeof data === 'string') return Buffer.from(data);
  if (data instanceof Uint8Array) return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  throw new TypeError('a sink of bytes was given rows');
}

/** @throws TypeError when the runtime gave a sink of bytes something else */
export const textOf = (data: SinkData): string => (typeof data === 'string' ? data : bytesOf(data).toString());
