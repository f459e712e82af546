// Physical subscriptions, shared by all rules with equal type, datasource, properties and format (design §3). A source with a position of
// its own (file, simulator) gets one per rule, unless the stream is SHARED. Called by rule/rule-run.ts and by scan tables.
import { messageOf } from '../../base/errors/gateway-error.ts';
import { parseDurationMs } from '../../contract/props.ts';
import type { CloseReason } from '../../contract/source.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { IndexConjunct } from '../../exec/operator.ts';
import type { SourceSpec } from '../definition.ts';
import { type Environment, loadCodec, loadSource } from '../environment.ts';
import { createEventTime } from './event-time.ts';
import { SourceNode, type SourcePlan } from './source-node.ts';
import { createStrictValidation } from './strict-validation.ts';

/** Someone who reads a subscription: an input of a rule, a scan table. */
export interface Subscriber {
  readonly ruleId: string;
  /** Tuples are shared by all subscribers and must not be changed. */
  push(t: Tuple): void;
  /** Looked up by the subscription before `push` is called; [] = gets everything. */
  readonly index: readonly IndexConjunct[];
  /** Tuples carry the time of the TIMESTAMP column; rows without it are refused. */
  readonly eventTime: boolean;
  /** A bounded source is at its end. @param text what the source said, mostly '' */
  end(text: string): void;
  /** A message that could not be decoded or validated (for option sendError). */
  sourceError?(error: unknown): void;
}

export interface Subscription {
  /** Slot of a column in tuples pushed from now on; `*` = the whole decoded object. */
  slotOf(column: string): number;
  /** Starts the flow; until then nothing is pushed. */
  begin(): void;
  /** No push after this. The physical subscription ends with its last subscriber. */
  close(reason?: CloseReason): void;
  readonly node: SourceNode;
}

export interface SourcePool {
  /** @throws when the source refuses datasource or properties, or is unknown */
  subscribe(spec: SourceSpec, subscriber: Subscriber): Promise<Subscription>;
  /** Checks without subscribing. @throws as subscribe */
  validate(spec: SourceSpec): Promise<void>;
  /** While pinned, subscriptions without subscribers stay open (restart of a rule, orderly end). */
  pin(): void;
  /** @returns when everything that became unused meanwhile is closed */
  unpin(reason?: CloseReason): Promise<void>;
  nodes(): readonly SourceNode[];
}

interface Entry {
  key: string;
  node: SourceNode;
  ready: Promise<void>;
  users: number;
}

export function createSourcePool(env: Environment): SourcePool {
  const entries = new Map<string, Entry>();
  const closing = new Set<Promise<void>>();
  let pins = 0;
  let alone = 0;

  const closeEntry = (e: Entry, reason: CloseReason) => {
    if (entries.get(e.key) === e) entries.delete(e.key);
    const done = e.node.close(reason).finally(() => closing.delete(done));
    closing.add(done);
  };

  const release = (e: Entry, reason: CloseReason) => {
    if (--e.users > 0 || pins > 0) return;
    closeEntry(e, reason);
  };

  const enter = async (spec: SourceSpec, ruleId: string): Promise<Entry> => {
    const definition = await loadSource(env, spec.type);
    const shared = definition.shareable || spec.shared === true;
    const key = shared ? keyOf(spec) : `${ruleId}#${alone++}`;
    const plan = entries.has(key) ? undefined : await planSource(env, spec);
    // looked up again: another rule may have been faster
    let e = entries.get(key);
    if (!e) {
      const node = new SourceNode(env, plan ?? (await planSource(env, spec)), shared ? '$$shared' : ruleId);
      e = { key, node, ready: Promise.resolve(node.configure()), users: 0 };
      entries.set(key, e);
    }
    e.users++;
    try {
      await e.ready;
    } catch (error) {
      release(e, 'stopped');
      throw error;
    }
    return e;
  };

  return {
    async subscribe(spec, subscriber) {
      const e = await enter(spec, subscriber.ruleId);
      const columns: string[] = [];
      let state: 'new' | 'begun' | 'closed' = 'new';
      return {
        node: e.node,
        slotOf(column) {
          columns.push(column);
          return e.node.layout.acquire(column);
        },
        begin() {
          if (state !== 'new') return;
          state = 'begun';
          e.node.add(subscriber);
        },
        close(reason = 'stopped') {
          if (state === 'closed') return;
          state = 'closed';
          e.node.remove(subscriber);
          for (const c of columns) e.node.layout.release(c);
          release(e, reason);
        },
      };
    },
    async validate(spec) {
      const plan = await planSource(env, spec);
      await plan.definition.create().configure?.(spec.datasource, spec.props);
    },
    pin() {
      pins++;
    },
    async unpin(reason = 'stopped') {
      if (--pins > 0) return;
      for (const e of [...entries.values()]) if (e.users === 0) closeEntry(e, reason);
      await Promise.all(closing);
    },
    nodes: () => [...entries.values()].map((e) => e.node),
  };
}

async function planSource(env: Environment, spec: SourceSpec): Promise<SourcePlan> {
  const definition = await loadSource(env, spec.type);
  const timeEnv = { timeZone: env.settings.timeZone, clock: env.clock };
  const strict = spec.strictValidation === true && spec.schema !== undefined && spec.schema.length > 0 && spec.format !== 'binary';
  // `rows` sources of plugins may give bytes as well; then the format is needed all the same
  const codec =
    definition.payload === 'bytes' || (spec.format !== '' && (await env.deps.codecs(spec.format)))
      ? await loadCodec(env, spec.format)
      : undefined;
  const intervalMs = spec.props['interval'] === undefined || spec.props['interval'] === '' ? 0 : readInterval(spec.props['interval']);
  const pulls = intervalMs > 0 && typeof definition.create().pull === 'function';
  // options of plugins are their own affair; a built-in connector lists the `interval` that it treats itself
  const ownInterval = definition.options.length === 0 || definition.options.some((o) => o.name.toLowerCase() === 'interval');
  return {
    spec,
    definition,
    decoder: codec?.createDecoder({
      ...(spec.schema && !strict ? { schema: spec.schema } : {}),
      ...(spec.schemaId ? { schemaId: spec.schemaId } : {}),
      ...(spec.delimiter ? { delimiter: spec.delimiter } : {}),
      ...(typeof spec.props['hasHeader'] === 'boolean' ? { hasHeader: spec.props['hasHeader'] } : {}),
      ...(spec.props['useInt64ForWholeNumber'] === true ? { useInt64ForWholeNumber: true } : {}),
      ...(typeof spec.props['colAliasMapping'] === 'object' && spec.props['colAliasMapping'] !== null
        ? { colAliasMapping: spec.props['colAliasMapping'] as Record<string, string> }
        : {}),
      ...(env.deps.schemas ? { schemas: env.deps.schemas } : {}),
    }),
    validate: strict ? createStrictValidation(spec.schema!, timeEnv, spec.timestampFormat) : undefined,
    eventTime: spec.timestamp ? createEventTime(spec.timestamp, timeEnv, spec.timestampFormat) : undefined,
    downsampleMs: !pulls && !ownInterval ? intervalMs : 0,
    pullIntervalMs: intervalMs,
  };
}

function readInterval(value: unknown): number {
  try {
    return parseDurationMs(value);
  } catch (error) {
    throw new Error(`property interval: ${messageOf(error)}`);
  }
}

/** Equal for streams that read the same and decode the same. */
function keyOf(spec: SourceSpec): string {
  return JSON.stringify(
    [
      spec.type,
      spec.datasource,
      sorted(spec.props),
      spec.format,
      spec.schemaId,
      spec.delimiter,
      spec.schema,
      spec.strictValidation,
      spec.timestamp,
      spec.timestampFormat,
    ],
    (_k, v: unknown) => (typeof v === 'bigint' ? `${v}n` : v),
  );
}

const sorted = (o: Readonly<Record<string, unknown>>) => Object.entries(o).sort(([a], [b]) => (a < b ? -1 : 1));
