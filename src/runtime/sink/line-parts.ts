// What a sink's line needs of its node: names, settings, the sink itself, the rule. Implemented by sink-node.ts; tests make their own.
import type { Clock } from '../../base/clock.ts';
import type { Log } from '../../base/log.ts';
import type { ConnectorContext } from '../../contract/context.ts';
import type { Sink, SinkData, SinkDefinition } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';
import type { Result } from '../../data/tuple.ts';
import type { ActionSpec } from '../definition.ts';
import type { Environment } from '../environment.ts';
import type { Link } from '../link/link.ts';
import type { NodeStats } from '../node-stats.ts';
import type { RuleOptions } from '../options.ts';
import type { CacheProps } from './cache-props.ts';
import type { DeadLetter } from './dead-letter.ts';
import { createDurableQueue, type DurableQueue, type StoredItem } from './durable-queue.ts';
import { parkedName, queueName } from './names.ts';
import { ParkingLot } from './parking-lot.ts';
import { markLate, redirect } from './resend.ts';
import type { SinkOwner } from './sink-owner.ts';

/** Bound of one sink's parked rows, beside their number. */
export const MAX_PARKED_BYTES = 16 * 1024 * 1024;

/** Multiplies the waiting times for sinks that may wait for other rules. Finite, because a rule that feeds itself would wait for itself. */
export const PATIENCE = 30;

export interface LineParts {
  readonly name: string;
  readonly ruleId: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly stats: NodeStats;
  readonly cache: CacheProps;
  readonly rule: Pick<RuleOptions, 'bufferFullPolicy' | 'cacheFullPolicy' | 'spread'>;
  /** Items that may wait in memory. */
  readonly waitingLimit: number;
  readonly maxInFlight: number;
  /** `collect` may wait for other rules. */
  readonly patient: boolean;
  /** Multiplies the times after which a silent sink's items go to disk. */
  readonly patience: number;
  readonly spillAfterMs: number;
  readonly lot: ParkingLot;
  /** What an item replaces at its destination. */
  readonly keysOf: ReturnType<NonNullable<SinkDefinition['replaces']>> | undefined;
  readonly random: () => number;
  /** Undefined when no action takes dead letters, or this one is such an action. */
  readonly deadLetter: ((letter: DeadLetter, acks: readonly Ack[]) => void) | undefined;
  makeQueue(): DurableQueue;
  /** @param atMs when the rule gave it */
  collect(data: SinkData, dynamic: Readonly<Record<string, unknown>> | undefined, atMs: number): void | Promise<void>;
  /** The same for an item that comes late, from disk. */
  collectStored(item: StoredItem): void | Promise<void>;
  /** Rows of a result that cannot be shaped or encoded. */
  resultFailed(result: Result, error: unknown): void;
  /** The peer does not answer: its connection is made anew. */
  lost(error: unknown): void;
  /** The peer took something. */
  proven(): void;
  /** The rule's sources are asked to wait, or to go on. */
  behind(yes: boolean): void;
  /** The rule must stop by this error. */
  crash(error: unknown): void;
}

/** A sink of a running rule. */
export interface LineNode {
  readonly name: string;
  readonly owner: SinkOwner;
  readonly action: ActionSpec;
  readonly definition: SinkDefinition;
  readonly cache: CacheProps;
  readonly stats: NodeStats;
  readonly sink: Sink;
  readonly context: ConnectorContext;
  readonly deadLetter: boolean;
  readonly link: Pick<Link, 'failed' | 'proven'>;
  resultFailed(result: Result, error: unknown): void;
}

/** The parts that it gives to its line. */
export function lineParts(env: Environment, node: LineNode): LineParts {
  const { name, owner, action, definition, cache } = node;
  const { ruleId } = owner;
  const given = action.props['bufferLength'];
  // a number, or a text that is one
  const own = given === undefined || given === '' ? Number.NaN : Number(given);
  const waiting = cache.enableCache ? cache.memoryRows : Number.isFinite(own) ? own : owner.options.bufferLength;
  const store = env.deps.store.sinkQueues;
  return {
    name,
    ruleId,
    clock: env.clock,
    log: env.log,
    stats: node.stats,
    cache,
    rule: owner.options,
    waitingLimit: Math.max(1, waiting),
    maxInFlight: Math.max(1, definition.inFlight?.(action.props) ?? definition.maxInFlight),
    patient: definition.patient === true,
    patience: definition.patient ? PATIENCE : (definition.patience ?? 1),
    spillAfterMs: env.settings.spillAfterMs,
    lot: new ParkingLot(store, parkedName(ruleId, name), { maxRows: cache.maxParkedRows, maxBytes: MAX_PARKED_BYTES }, env.clock, (used) =>
      env.queueNames.add(used),
    ),
    keysOf: definition.replaces?.(action.props),
    random: () => env.random(),
    get deadLetter() {
      if (node.deadLetter || !owner.takesDeadLetters) return undefined;
      return (letter: DeadLetter, acks: readonly Ack[]) => owner.deadLetter(letter, acks);
    },
    makeQueue() {
      const queue = queueName(ruleId, name);
      env.queueNames.add(queue);
      const limits = {
        maxRows: cache.maxDiskRows,
        maxBytes: cache.maxDiskBytes ?? env.settings.maxQueueBytes,
        maxAgeMs: cache.maxAgeMs,
        space: env.queueSpace,
      };
      return createDurableQueue(store, queue, limits, env.clock, env.bootTime);
    },
    collect: (data, dynamic, atMs) => node.sink.collect(node.context, data, dynamic, atMs),
    collectStored: (item) =>
      node.sink.collect(node.context, markLate(cache, item.data), redirect(cache, definition, item.dynamic), item.atMs),
    resultFailed: (result, error) => node.resultFailed(result, error),
    lost: (error) => node.link.failed(error),
    proven: () => node.link.proven(),
    behind: (yes) => owner.behind(node, yes),
    crash: (error) => owner.crash(error),
  };
}
