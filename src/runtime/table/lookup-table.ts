// A lookup table that runs: its source is opened once for all rules that join it, opened again with backoff when that fails, and closed
// with its last user. While it is away lookups fail, which the join counts as an exception of the row.
import { createBackoff } from '../../base/backoff.ts';
import type { TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import { CONFIGURE_LIMIT_MS, LOOKUP_LIMIT_MS, withinLimit } from '../../base/limit.ts';
import { parseOptions } from '../../contract/props.ts';
import type { LookupDefinition } from '../../contract/source.ts';
import type { LookupTable } from '../../exec/operator.ts';
import { OwnedContext } from '../component-context.ts';
import type { SourceSpec } from '../definition.ts';
import type { Environment } from '../environment.ts';
import { OPEN_LIMIT_MS } from '../link/link.ts';
import { lookupCacheOptions } from '../source/options.ts';
import { createLookupCache, type LookupCacheOptions } from './lookup-cache.ts';

/** A rule that starts waits so long for the first connection, then starts all the same. */
const FIRST_OPEN_MS = 5000;

export interface OpenLookupTable {
  readonly table: LookupTable;
  close(): void;
}

/** @throws when the source refuses its options, or `lookup` options are wrong */
export async function openLookupTable(env: Environment, spec: SourceSpec, definition: LookupDefinition): Promise<OpenLookupTable> {
  const { clock, log } = env;
  const raw = Object.entries(spec.props).find(([name]) => name.toLowerCase() === 'lookup')?.[1];
  const options = parseOptions<LookupCacheOptions>(
    `table ${spec.name}: lookup`,
    lookupCacheOptions,
    typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {},
  );
  const source = definition.create();
  const props = { ...spec.props, ...(spec.key !== undefined && { key: spec.key }) };
  await withinLimit(clock, CONFIGURE_LIMIT_MS, `table ${spec.name}`, source.configure?.(spec.datasource, props));

  let leftOut: LookupTable['leftOut'];
  const ctx = new OwnedContext(env, {
    contextRuleId: '$$table',
    name: spec.name,
    onStatus(state, message) {
      if (state === 'disconnected') log.warn({ table: spec.name, cause: message }, 'Lookup table lost its source.');
    },
    onDropped(count, reason) {
      if (leftOut?.reason !== reason) log.warn({ table: spec.name, count, reason }, 'Lookup table left data out.');
      leftOut = { count: (leftOut?.count ?? 0) + count, reason };
    },
  });
  const backoff = createBackoff({ random: () => env.random() });
  let isOpen = false;
  let closed = false;
  let failure = 'it is being opened';
  let retry: TimerHandle | undefined;

  const closeSource = async (): Promise<void> => {
    try {
      await source.close(ctx);
    } catch (error) {
      log.warn({ table: spec.name, cause: messageOf(error) }, 'Closing a lookup table failed.');
    }
  };
  const open = async (): Promise<void> => {
    try {
      await withinLimit(clock, OPEN_LIMIT_MS, `opening table ${spec.name}`, source.open(ctx));
      if (closed) return void (await closeSource());
      isOpen = true;
      backoff.reset();
    } catch (error) {
      failure = messageOf(error);
      if (closed) return;
      const retryInMs = backoff.next();
      log.warn({ table: spec.name, cause: failure, retryInMs: Math.round(retryInMs) }, 'Lookup table cannot be opened; it is tried again.');
      retry = clock.setTimer(retryInMs, () => void open());
    }
  };
  const cached = createLookupCache(options, clock, (fields, keys, values) => {
    if (!isOpen) throw ioError(`lookup table ${spec.name} is not connected: ${failure}`);
    return withinLimit(clock, LOOKUP_LIMIT_MS, `lookup table ${spec.name}`, source.lookup(ctx, fields, keys, values));
  });

  const waited = new AbortController();
  const first = open().finally(() => waited.abort());
  await Promise.race([first, clock.sleep(FIRST_OPEN_MS, waited.signal).catch(() => first)]);
  return {
    table: {
      lookup: (fields, keys, values) => cached.lookup(fields, keys, values),
      get leftOut() {
        return leftOut;
      },
    },
    close() {
      if (closed) return;
      closed = true;
      clock.clear(retry);
      ctx.abort();
      cached.clear();
      if (isOpen) void closeSource();
      isOpen = false;
      failure = 'it is closed';
    },
  };
}
