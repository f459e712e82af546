// How an item from disk differs from a live one: the row may say that it is late, and it may go to another destination (rules.md 5.2).
// Used by sink-node.ts.
import type { SinkData, SinkDefinition } from '../../contract/sink.ts';
import type { CacheProps } from './cache-props.ts';

type Dynamic = Readonly<Record<string, unknown>> | undefined;

/** resendIndicatorField: true in rows that come late. Encoded payloads stay as they are. */
export function markLate(cache: CacheProps, data: SinkData): SinkData {
  const field = cache.indicatorField;
  if (!field || typeof data === 'string' || data instanceof Uint8Array) return data;
  return Array.isArray(data) ? data.map((row) => ({ ...row, [field]: true })) : { ...data, [field]: true };
}

/** resendDestination, with resendAlterQueue. */
export function redirect(cache: CacheProps, definition: SinkDefinition, dynamic: Dynamic): Dynamic {
  if (!cache.alterQueue || !cache.destination || !definition.resendProperty) return dynamic;
  return { ...dynamic, [definition.resendProperty]: cache.destination, resendDestination: cache.destination };
}
