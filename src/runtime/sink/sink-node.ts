// One sink of one running rule: transformation, delivery in order, retry with backoff, and the durable queue when the sink is away.
// Called by rule/rule-run.ts with each result. Three modes: `up` (straight to the sink), `retrying` (something failed, the rest waits in
// memory), `spilling` (too long or too much: everything goes through the queue on disk, which confirms it; drained in order from there).
// Happy path of a sink that answers synchronously: no promise, no allocation.

import { type Backoff, createBackoff } from '../../base/backoff.ts';
import { Budget, isBudgetError } from '../../base/budget.ts';
import type { TimerHandle } from '../../base/clock.ts';
import { GatewayError, isRetriable, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectionState } from '../../contract/context.ts';
import type { Sink, SinkData, SinkDefinition } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';
import { brief } from '../../data/go-format.ts';
import type { Result } from '../../data/tuple.ts';
import type { SinkHealth } from '../api.ts';
import { type ContextOwner, OwnedContext } from '../component-context.ts';
import { ConnectionLosses } from '../connection-losses.ts';
import type { ActionSpec } from '../definition.ts';
import { MessageAck } from '../delivery/ack.ts';
import type { Environment } from '../environment.ts';
import { type ConnectionStats, countException, createConnectionStats, createNodeStats, type NodeStats } from '../node-stats.ts';
import type { RuleOptions } from '../options.ts';
import { createTransform, type DynamicProps, type Transform, type TransformOutput } from '../transform/index.ts';
import { type CacheProps, parseCacheProps } from './cache-props.ts';
import type { DeadLetterOffice } from './dead-letter.ts';
import { createDurableQueue, type DurableQueue, type StoredItem } from './durable-queue.ts';
import { ItemQueue } from './item-queue.ts';
import type { SinkItem } from './sink-item.ts';

/** What the rule does for its sinks. */
export interface SinkOwner extends DeadLetterOffice {
  readonly ruleId: string;
  readonly options: RuleOptions;
  /** The sink fell behind or caught up: the rule's sources are asked to wait. */
  behind(sink: SinkNode, yes: boolean): void;
  /** The rule must stop by this error. */
  crash(error: unknown): void;
  touch(): void;
  /** The sink put something into its state. */
  stateChanged(): void;
  /** Confirmations that wait for a result which is made of kept rows now: the next checkpoint. */
  readonly resultAcks: readonly Ack[];
}

/** A full queue that moved within this time is just busy; otherwise it is spilled without waiting longer. */
const BUSY_MS = 200;
/** A sink that may wait for other rules is left that much longer. Not for ever: a rule that feeds itself would wait for itself. */
const PATIENCE = 30;
/** Items are collected for so long before they are written, so that a slow trickle is not one commit each. */
const SPILL_LINGER_MS = 100;
const SPILL_AT_ONCE = 64;
/** Items on their way to disk at which the sources are asked to wait: more than a memory queue, so that a blocked sink does not slow others. */
const MAX_SPILL_BUFFER = 4096;
/** Items of the backlog under way at once while draining. */
const DRAIN_CHUNK = 64;

export class SinkNode implements ContextOwner, TransformOutput {
  readonly name: string;
  readonly stats: NodeStats;
  readonly connection: ConnectionStats = createConnectionStats();
  readonly losses = new ConnectionLosses();
  mode: 'up' | 'retrying' | 'spilling' = 'up';
  retried = 0;
  spilled = 0;
  dropped = 0;
  /** Rows that the sink will never take. */
  refused = 0;
  /** The action takes what other sinks refuse, not results. */
  readonly deadLetter: boolean;
  private readonly env: Environment;
  private readonly owner: SinkOwner;
  private readonly action: ActionSpec;
  private readonly definition: SinkDefinition;
  private readonly cache: CacheProps;
  private readonly sink: Sink;
  private readonly context: OwnedContext;
  private transform!: Transform;
  /** True when an item may go straight to the sink. */
  private direct = false;
  private opened = false;
  private closed = false;
  private statusReported = false;
  private readonly waiting = new ItemQueue();
  private readonly waitingLimit: number;
  private readonly maxInFlight: number;
  /** Items given to the sink, in order; answered ones are cleared away in bulk. */
  private flying: SinkItem[] = [];
  /** Those of them without an answer. */
  private inFlight = 0;
  private lastProgressMs = 0;
  private watch: TimerHandle | undefined;
  private retryTimer: TimerHandle | undefined;
  private spillTimer: TimerHandle | undefined;
  /** Made at the first failure, as is the queue on disk: of thousands of sinks most never need them. */
  private ownBackoff: Backoff | undefined;
  private ownDisk: DurableQueue | undefined;
  private isBehind = false;
  /** Items on their way to disk. */
  private spillBuffer: SinkItem[] = [];
  private flushing: Promise<void> | undefined;
  private draining = false;
  /** The last write to the queue on disk failed, or it is at its bound. */
  private diskFails = false;
  /** Why. */
  private storeError = '';
  private ownDiskPause: Backoff | undefined;
  /** Failures in a row of the first item of the queue on disk. */
  private headTries = 0;
  private generation = 0;

  constructor(env: Environment, owner: SinkOwner, action: ActionSpec, definition: SinkDefinition) {
    this.env = env;
    this.owner = owner;
    this.action = action;
    this.definition = definition;
    this.name = `${action.type}_${action.index}`;
    this.stats = createNodeStats(this.name);
    this.cache = parseCacheProps(action.props, env.settings.sink);
    this.sink = definition.create();
    this.deadLetter = isDeadLetter(action);
    const own = action.props['bufferLength'];
    this.waitingLimit = Math.max(
      1,
      this.cache.enableCache ? this.cache.memoryRows : typeof own === 'number' ? own : owner.options.bufferLength,
    );
    this.maxInFlight = Math.max(1, definition.maxInFlight);
    this.context = new OwnedContext(env, this);
  }

  /** @throws when properties are wrong */
  async configure(): Promise<void> {
    this.transform = await createTransform(this.action.props, this.definition, {
      clock: this.env.clock,
      log: this.env.log,
      ruleId: this.owner.ruleId,
      sinkName: this.name,
      timeZone: this.env.settings.timeZone,
      budget: new Budget(`rule ${this.owner.ruleId}, sink ${this.name}`, this.env.settings.rowBudget),
      codecs: (format) => this.env.deps.codecs(format),
      property: (name) => this.env.deps.property?.(name),
      ...(this.env.deps.schemas ? { schemas: this.env.deps.schemas } : {}),
      ...(this.env.deps.aesKey ? { aesKey: this.env.deps.aesKey } : {}),
      output: this,
      touch: () => this.owner.touch(),
      batchAcks: () => this.owner.resultAcks,
      exception: (error) => this.exception(error),
    });
    await this.sink.configure?.(this.action.props);
  }

  /** Opens; does not wait for the peer. What a run before left on disk is sent first. */
  async open(): Promise<void> {
    if (await this.env.queueNames.has(queueName(this.owner.ruleId, this.name))) {
      if (this.cache.cleanAtStop) await this.guardDisk(() => this.disk.clear());
      else await this.guardDisk(() => this.disk.open());
      if (this.disk.items > 0 && !this.cache.alterQueue) this.mode = 'spilling';
    }
    this.connect();
  }

  /** Hands a result over. Never throws. */
  push(result: Result): void {
    try {
      this.transform.push(result);
    } catch (error) {
      this.failed(result, error);
    }
  }

  /** From the transform: rows of a result that cannot be sent. The others of it go on. */
  failed(result: Result, error: unknown): void {
    // what costs too much to be written costs too much for the dead letter as well: that gets its beginning
    const data = isBudgetError(error) ? brief(result.rows) : result.rows;
    this.refuse({ data, dynamic: undefined, rows: result.rows.length, acks: result.acks }, error);
    if (this.owner.options.sendError && result.error === undefined) this.push({ ...result, rows: [], error: messageOf(error) });
  }

  /** From the transform: one finished item. */
  item(data: SinkData, dynamic: DynamicProps | undefined, rows: number, acks: readonly Ack[]): void {
    this.stats.recordsIn++;
    this.stats.lastInvocationAtMs = this.env.clock.now();
    if (this.direct) {
      let answer: void | Promise<void>;
      try {
        answer = this.sink.collect(this.context, data, dynamic);
      } catch (error) {
        return this.failedAtOnce(this.keep(data, dynamic, rows, acks), error);
      }
      if (answer === undefined || typeof (answer as Promise<void>).then !== 'function') {
        this.stats.recordsOut++;
        this.stats.processed++;
        return;
      }
      const item = this.keep(data, dynamic, rows, acks);
      this.fly(item, answer);
      if (this.inFlight >= this.maxInFlight) this.direct = false;
      return;
    }
    this.enqueue(this.keep(data, dynamic, rows, acks));
  }

  /** Lets the sink deliver for at most `timeoutMs`; the rest goes to disk. After it nothing is delivered any more.
   *  @param keep false: what is left is given up (rule deleted)
   *  @param again the peers of the sources give unconfirmed messages out again: what the disk does not take stays unconfirmed
   *  @returns false when rows were lost to a disk that takes nothing */
  async close(timeoutMs: number, keep: boolean, again = false): Promise<boolean> {
    this.guardTransform(() => this.transform?.flush?.());
    const deadlineMs = this.env.clock.monotonic() + timeoutMs;
    if (keep && this.mode !== 'spilling') await this.idle(deadlineMs);
    this.closed = true;
    this.direct = false;
    this.generation++;
    for (const t of [this.watch, this.retryTimer, this.spillTimer]) this.env.clock.clear(t);
    await this.flushing;
    const rest = [...this.spillBuffer, ...this.flying.filter((i) => !i.stored && i.state !== 'delivered'), ...this.waiting.drain()];
    this.spillBuffer = [];
    const lost = new Set(keep && !this.cache.cleanAtStop && rest.length ? await this.storeRest(rest) : []);
    for (const item of rest) if (!again || !lost.has(item)) this.letGo(item);
    this.flying = [];
    if (!keep && this.ownDisk) await this.guardDisk(() => this.disk.clear());
    this.transform?.close?.();
    this.context.abort();
    try {
      await this.sink.close(this.context);
    } catch (error) {
      this.env.log.warn({ rule: this.owner.ruleId, sink: this.name, cause: messageOf(error) }, 'Closing a sink failed.');
    }
    return lost.size === 0;
  }

  /** True when rows may be kept in a batch, which then belongs to the rule's state. */
  get keepsState(): boolean {
    return this.transform.save !== undefined;
  }

  saveState(): unknown {
    const transform = this.transform.save?.();
    const context = this.context.saveState();
    return transform === undefined && context === undefined ? undefined : { transform, context };
  }

  loadState(state: unknown): void {
    if (typeof state !== 'object' || state === null) return;
    const s = state as { transform?: unknown; context?: unknown };
    if (s.transform !== undefined) this.guardTransform(() => this.transform.load?.(s.transform));
    this.context.loadState(s.context);
  }

  get backlog(): { rows: number; bytes: number; oldestAtMs: number } {
    return {
      rows: (this.ownDisk?.rows ?? 0) + this.spillBuffer.length,
      bytes: this.ownDisk?.bytes ?? 0,
      oldestAtMs: this.ownDisk?.oldestAtMs ?? 0,
    };
  }

  private get hasBacklog(): boolean {
    return this.ownDisk !== undefined && this.ownDisk.items > 0;
  }

  get pending(): number {
    return this.waiting.size + this.inFlight + this.spillBuffer.length;
  }

  health(): SinkHealth {
    return {
      sink: this.name,
      connection: this.connection.state,
      lastTryAtMs: this.connection.lastTryAtMs,
      message: this.connection.state === 'connected' ? '' : this.connection.lastDisconnectedMessage,
      mode: this.mode,
      waiting: this.pending,
      retried: this.retried,
      spilled: this.spilled,
      dropped: this.dropped + (this.ownDisk?.dropped ?? 0),
      refused: this.refused,
      queueRows: this.ownDisk?.rows ?? 0,
      queueBytes: this.ownDisk?.bytes ?? 0,
      storeError: this.storeError,
      queueOldestAtMs: this.ownDisk?.oldestAtMs ?? 0,
      reconnects: this.losses.reconnects,
      recentLosses: this.losses.recent(this.env.clock.monotonic()),
      lastLoss: this.connection.lastDisconnectedMessage,
      lastError: this.stats.lastException,
      lastErrorAtMs: this.stats.lastExceptionAtMs,
    };
  }

  // ------------------------------------------------------------------------------------------------------------- delivery

  private keep(data: SinkData, dynamic: DynamicProps | undefined, rows: number, acks: readonly Ack[]): SinkItem {
    for (let i = 0; i < acks.length; i++) acks[i]!.retain();
    return { data, dynamic, rows, acks, atMs: this.env.clock.now(), state: 'waiting', stored: false, tries: 0 };
  }

  private letGo(item: SinkItem): void {
    const acks = item.acks;
    item.acks = none;
    for (let i = 0; i < acks.length; i++) acks[i]!.release();
  }

  private enqueue(item: SinkItem): void {
    if (this.mode === 'spilling') {
      item.stored = true;
      this.spillBuffer.push(item);
      this.scheduleFlush();
      if (this.spillBuffer.length >= MAX_SPILL_BUFFER) this.setBehind(true);
      return;
    }
    if (this.waiting.size >= this.waitingLimit && this.owner.options.bufferFullPolicy === 'dropOldest') {
      const oldest = this.waiting.shift()!;
      this.dropped += oldest.rows;
      countException(this.stats, `buffer full, drop message from ${this.owner.ruleId} to ${this.name}`, this.env.clock.now());
      this.letGo(oldest);
    }
    this.waiting.push(item);
    if (this.mode === 'up') this.pump();
    if (this.waiting.size < this.waitingLimit) return this.armWatch();
    this.setBehind(true);
    // a source that cannot wait, or a window that gives much at once: beyond four times the bound the disk takes it
    const stuck = !this.definition.patient && this.env.clock.monotonic() - this.lastProgressMs > BUSY_MS;
    if (this.waiting.size >= 4 * this.waitingLimit || stuck) this.spill();
    else this.armWatch();
  }

  /** Sends what waits, as far as the sink takes it. */
  private pump(): void {
    while (this.mode === 'up' && this.opened && !this.closed && this.inFlight < this.maxInFlight) {
      const item = this.waiting.shift();
      if (!item) break;
      let answer: void | Promise<void>;
      try {
        answer = this.sink.collect(this.context, item.data, item.dynamic);
      } catch (error) {
        // what is refused for good does not keep the next ones waiting
        this.failedAtOnce(item, error);
        continue;
      }
      if (answer !== undefined && typeof (answer as Promise<void>).then === 'function') this.fly(item, answer);
      else this.delivered(item);
    }
    this.settle();
  }

  /** What becomes true after each change of the queues. */
  private settle(): void {
    this.direct = this.mode === 'up' && this.opened && !this.closed && this.waiting.size === 0 && this.inFlight < this.maxInFlight;
    if (this.isBehind && this.mode !== 'spilling' && this.waiting.size <= this.waitingLimit / 2) this.setBehind(false);
  }

  private fly(item: SinkItem, answer: Promise<void>): void {
    item.state = 'flying';
    this.flying.push(item);
    this.inFlight++;
    this.armWatch();
    answer.then(
      () => this.landed(item, undefined),
      (error: unknown) => this.landed(item, error ?? new Error('the sink rejected without a reason')),
    );
  }

  private landed(item: SinkItem, error: unknown): void {
    this.inFlight--;
    if (error === undefined) {
      item.state = 'delivered';
      this.delivered(item);
    } else if (this.triesAgain(item, error)) {
      item.state = 'failed';
      this.noteFailure(error);
      if (this.mode === 'up') {
        this.mode = 'retrying';
        this.direct = false;
      }
    } else {
      // a copy of it on disk is not sent either
      item.state = 'delivered';
      this.refuse(item, error);
      this.letGo(item);
    }
    this.trimFlight();
  }

  /** Removes answered items; when a failure is among them, the rest is awaited and all failed ones go back in their order. */
  private trimFlight(): void {
    if (this.closed) return;
    if (this.mode === 'up') {
      if (this.inFlight === 0) this.flying.length = 0;
      else if (this.flying.length > 64 && this.inFlight * 2 < this.flying.length)
        this.flying = this.flying.filter((i) => i.state === 'flying');
      this.pump();
      return;
    }
    if (this.inFlight > 0) return;
    const failed = this.flying.filter((i) => i.state === 'failed' && !i.stored);
    this.flying = [];
    if (this.mode === 'retrying') {
      for (const i of failed) i.state = 'waiting';
      if (this.cache.alterQueue) this.spillItems(failed);
      else this.waiting.unshift(failed);
      this.scheduleRetry();
    } else {
      for (const i of failed) i.state = 'waiting';
      if (failed.length) this.spillItems(failed);
      this.scheduleRetry();
    }
  }

  private failedAtOnce(item: SinkItem, error: unknown): void {
    if (!this.triesAgain(item, error)) {
      this.refuse(item, error);
      this.letGo(item);
      this.settle();
      return;
    }
    this.noteFailure(error);
    this.direct = false;
    if (this.cache.alterQueue && this.cache.priority < 1) {
      // live data goes on; the failed item takes the other way
      item.stored = true;
      this.spillBuffer.push(item);
      this.scheduleFlush();
      this.settle();
      return;
    }
    if (this.mode === 'up') this.mode = 'retrying';
    item.state = 'failed';
    this.flying.push(item);
    this.trimFlight();
    this.armWatch();
  }

  private triesAgain(item: SinkItem, error: unknown): boolean {
    return isRetriable(error) && (this.cache.maxRetries === 0 || ++item.tries <= this.cache.maxRetries);
  }

  /** It can never succeed: counted, shown, and handed to the rule's dead letter action, which keeps the confirmations. */
  private refuse(item: Pick<SinkItem, 'data' | 'dynamic' | 'rows'> & { acks: readonly Ack[] }, error: unknown): void {
    this.exception(error);
    this.refused += item.rows;
    const { data, dynamic, acks } = item;
    if (!this.deadLetter) this.owner.deadLetter({ op: this.name, kind: 'sink', reason: messageOf(error), data, target: dynamic }, acks);
  }

  /** Resolves when the dead letter is delivered or stored: only then the item may leave the disk. */
  private async refuseStored(item: StoredItem, error: unknown): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const ack = new MessageAck(resolve);
    this.refuse({ ...item, acks: [ack] }, error);
    ack.release();
    await promise;
  }

  private delivered(item: SinkItem): void {
    this.stats.recordsOut++;
    this.stats.processed++;
    this.lastProgressMs = this.env.clock.monotonic();
    if (this.diskFails && this.spillBuffer.length === 0) {
      // nothing needs the disk any more
      this.diskFails = false;
      this.storeError = '';
    }
    if (this.ownBackoff !== undefined && this.ownBackoff.tries > 0) {
      this.ownBackoff.reset();
      this.env.log.info({ rule: this.owner.ruleId, sink: this.name }, 'Sink takes data again.');
    }
    this.letGo(item);
  }

  private noteFailure(error: unknown): void {
    countException(this.stats, messageOf(error), this.env.clock.now());
    if (this.backoff.tries === 0)
      this.env.log.warn(
        { code: 'IO_FAILED', rule: this.owner.ruleId, op: this.name, cause: messageOf(error) },
        'Sink does not take data; it is tried again.',
      );
  }

  private scheduleRetry(): void {
    if (this.retryTimer || this.closed) return;
    const pauseMs = this.cache.resendIntervalMs > 0 ? this.cache.resendIntervalMs : this.backoff.next();
    if (this.cache.resendIntervalMs > 0) this.backoff.next();
    this.retryTimer = this.env.clock.setTimer(pauseMs, () => {
      this.retryTimer = undefined;
      if (this.closed || !this.opened) return;
      this.retried++;
      if (this.mode === 'retrying') {
        this.mode = 'up';
        this.pump();
      } else if (this.mode === 'spilling' || this.hasBacklog) void this.drain();
    });
  }

  // ------------------------------------------------------------------------------------------------------------------ spill

  /** One timer while anything is pending: no confirmation for spillAfterMs → disk. */
  private armWatch(): void {
    if (this.watch || this.closed || this.mode === 'spilling') return;
    if (this.pending <= 1) this.lastProgressMs = this.env.clock.monotonic();
    this.rearmWatch();
  }

  private rearmWatch(): void {
    const limitMs = this.env.settings.spillAfterMs * (this.definition.patient ? PATIENCE : 1);
    this.watch = this.env.clock.setTimer(limitMs / 2, () => {
      this.watch = undefined;
      if (this.closed || this.pending === 0 || this.mode === 'spilling') return;
      const stillMs = this.env.clock.monotonic() - this.lastProgressMs;
      if (stillMs >= limitMs || (this.isBehind && stillMs > BUSY_MS && !this.definition.patient)) this.spill();
      else this.rearmWatch();
    });
  }

  private spill(): void {
    if (this.mode === 'spilling' || this.closed) return;
    this.mode = 'spilling';
    this.direct = false;
    this.env.log.warn({ rule: this.owner.ruleId, op: this.name, rows: this.pending }, 'Sink confirms nothing; its data goes to disk.');
    this.spillItems([...this.flying.filter((i) => !i.stored && i.state !== 'delivered'), ...this.waiting.drain()]);
    if (this.inFlight === 0) this.flying = [];
    this.scheduleRetry();
  }

  /** Items older than those in the buffer. */
  private spillItems(items: readonly SinkItem[]): void {
    for (const item of items) item.stored = true;
    this.spillBuffer = this.spillBuffer.length ? [...items, ...this.spillBuffer] : [...items];
    this.scheduleFlush();
  }

  private scheduleFlush(): void {
    if (this.flushing || this.closed) return;
    if (this.diskFails) {
      this.spillTimer ??= this.env.clock.setTimer(this.diskPause.next(), () => {
        this.spillTimer = undefined;
        this.startFlush();
      });
    } else if (this.spillBuffer.length >= SPILL_AT_ONCE) {
      this.env.clock.clear(this.spillTimer);
      this.spillTimer = undefined;
      this.startFlush();
    } else
      this.spillTimer ??= this.env.clock.setTimer(SPILL_LINGER_MS, () => {
        this.spillTimer = undefined;
        this.startFlush();
      });
  }

  private startFlush(): void {
    if (this.flushing || this.closed) return;
    this.flushing = this.flush().finally(() => {
      this.flushing = undefined;
      if (this.spillBuffer.length && !this.closed) this.scheduleFlush();
    });
  }

  /** Writes the buffer page by page. Ends at a write that fails (disk full): the items stay, their sources wait, and it is tried again. */
  private async flush(): Promise<void> {
    for (;;) {
      // an answer may have come while the item lay here
      this.spillBuffer = this.spillBuffer.filter((i) => i.state !== 'delivered');
      if (!this.spillBuffer.length || this.closed) break;
      const page = this.spillBuffer.slice(0, this.cache.pageRows);
      try {
        if (this.owner.options.cacheFullPolicy !== 'dropOldest' && this.disk.full(countRows(page), 0)) {
          if (this.owner.options.cacheFullPolicy === 'stop') {
            const { rows, bytes } = this.disk;
            return this.owner.crash(new GatewayError('RUNTIME_QUEUE_FULL', { sink: this.name, rows, bytes }));
          }
          this.diskFails = true;
          this.storeError = 'the queue is at its bound';
          this.setBehind(true);
          return;
        }
        await this.disk.append(page);
      } catch (error) {
        this.exception(error);
        this.diskFails = true;
        this.storeError = messageOf(error);
        this.setBehind(true);
        return;
      }
      if (this.diskFails) {
        this.diskFails = false;
        this.storeError = '';
        this.diskPause.reset();
      }
      this.spillBuffer.splice(0, page.length);
      this.spilled += countRows(page);
      for (const item of page) this.letGo(item);
      if (this.isBehind && this.spillBuffer.length < MAX_SPILL_BUFFER / 2) this.setBehind(false);
    }
    if (this.cache.alterQueue) this.scheduleRetry();
  }

  /** Sends the backlog in order. Ends when it is empty (then the sink is up again) or at the first failure (then it is tried again later). */
  private async drain(): Promise<void> {
    if (this.draining || this.closed || !this.opened) return;
    // collects without an answer may still succeed; sending their copies now would double them
    if (this.inFlight > 0 && this.backoff.tries < 3) return this.scheduleRetry();
    this.draining = true;
    const generation = this.generation;
    let sent = false;
    try {
      for (;;) {
        const page = await this.disk.head();
        if (this.closed || generation !== this.generation) return;
        if (!page) {
          // a sink that took nothing yet may still be away: what waits for it goes to disk first, unless the disk is full
          if (this.flushing || (!this.diskFails && this.spillBuffer.length > 0 && (this.cache.alterQueue || !sent))) {
            this.startFlush();
            await this.flushing;
            continue;
          }
          this.backToUp();
          return;
        }
        const done = await this.sendPage(page.items, page.from);
        if (generation !== this.generation && !this.closed) return;
        if (done.count === page.items.length) {
          sent = true;
          this.headTries = 0;
          await this.disk.removeHead(page.seq);
        } else {
          let { count } = done;
          this.headTries = count > 0 ? 1 : this.headTries + 1;
          if (!this.closed && this.cache.maxRetries > 0 && this.headTries > this.cache.maxRetries) {
            await this.refuseStored(page.items[count++]!, done.error);
            this.headTries = 0;
          }
          if (count === page.items.length) await this.disk.removeHead(page.seq);
          else if (count > 0) await this.disk.shortenHead(page.seq, page.items.slice(count));
          if (!this.closed) this.scheduleRetry();
          return;
        }
        if (this.closed) return;
        await this.pace();
      }
    } catch (error) {
      this.exception(error);
      this.scheduleRetry();
    } finally {
      this.draining = false;
    }
  }

  /** @returns number of items from the front that are done, and why the next one is not */
  private async sendPage(items: readonly StoredItem[], from: readonly SinkItem[] | undefined): Promise<{ count: number; error?: unknown }> {
    const chunk = Math.min(DRAIN_CHUNK, this.maxInFlight);
    for (let start = 0; start < items.length; start += chunk) {
      const part = items.slice(start, start + chunk);
      const answers = await Promise.all(
        part.map((item, i) => (from?.[start + i]?.state === 'delivered' ? undefined : this.sendStored(item))),
      );
      const failedAt = answers.findIndex((error) => error !== undefined);
      if (failedAt >= 0) return { count: start + failedAt, error: answers[failedAt] };
      if (this.closed) return { count: start + part.length };
    }
    return { count: items.length };
  }

  /** @returns the error when it must be tried again */
  private async sendStored(item: StoredItem): Promise<unknown> {
    try {
      await this.sink.collect(this.context, this.marked(item.data), this.redirected(item.dynamic));
      this.stats.recordsOut++;
      this.stats.processed++;
      this.lastProgressMs = this.env.clock.monotonic();
      return undefined;
    } catch (error) {
      if (isRetriable(error)) {
        this.noteFailure(error);
        return error;
      }
      await this.refuseStored(item, error);
      return undefined;
    }
  }

  private redirected(dynamic: DynamicProps | undefined): DynamicProps | undefined {
    if (!this.cache.alterQueue || !this.cache.destination || !this.definition.resendProperty) return dynamic;
    return { ...dynamic, [this.definition.resendProperty]: this.cache.destination, resendDestination: this.cache.destination };
  }

  /** resendIndicatorField: true in rows that come late. Encoded payloads stay as they are. */
  private marked(data: SinkData): SinkData {
    const field = this.cache.indicatorField;
    if (!field || typeof data === 'string' || data instanceof Uint8Array) return data;
    return Array.isArray(data) ? data.map((row) => ({ ...row, [field]: true })) : { ...data, [field]: true };
  }

  /** The loop is left to others between pages; with priority for live data, until nothing of it is under way. */
  private async pace(): Promise<void> {
    if (this.cache.alterQueue && this.cache.priority === -1) {
      while (this.inFlight > 0 && !this.closed) await this.env.clock.sleep(10);
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }

  /** The disk is empty: what did not get there yet is delivered from memory, behind it. */
  private backToUp(): void {
    this.flying = this.flying.filter((i) => i.state === 'flying');
    // those that still fly are awaited, not sent twice
    const rest = this.spillBuffer.filter((i) => i.state !== 'flying' && i.state !== 'delivered');
    for (const item of this.spillBuffer) item.stored = false;
    this.spillBuffer = [];
    this.env.clock.clear(this.spillTimer);
    this.spillTimer = undefined;
    for (const item of rest) item.state = 'waiting';
    this.waiting.unshift(rest);
    if (this.isBehind) this.setBehind(false);
    if (this.mode === 'spilling') this.env.log.info({ rule: this.owner.ruleId, op: this.name }, 'Backlog of the sink is sent.');
    this.mode = 'up';
    this.lastProgressMs = this.env.clock.monotonic();
    this.backoff.reset();
    this.pump();
    if (this.pending) this.armWatch();
  }

  /** @returns items that could not be stored */
  private async storeRest(rest: readonly SinkItem[]): Promise<readonly SinkItem[]> {
    const open = rest.filter((i) => i.state !== 'delivered');
    for (let start = 0; start < open.length; start += this.cache.pageRows) {
      const page = open.slice(start, start + this.cache.pageRows);
      try {
        await this.disk.append(page);
        this.spilled += countRows(page);
      } catch (error) {
        this.dropped += countRows(open.slice(start));
        this.env.log.error(
          { code: 'STORE_FAILED', rule: this.owner.ruleId, op: this.name, rows: countRows(open.slice(start)), cause: messageOf(error) },
          'Rows of a stopped sink could not be stored and are lost, unless their source gives them out again.',
        );
        return open.slice(start);
      }
    }
    return [];
  }

  private async idle(deadlineMs: number): Promise<void> {
    while (this.pending > 0 && this.opened && this.mode !== 'spilling') {
      const leftMs = deadlineMs - this.env.clock.monotonic();
      if (leftMs <= 0) return;
      await this.env.clock.sleep(Math.min(10, leftMs));
    }
  }

  // ------------------------------------------------------------------------------------------------------------ connection

  private connect(): void {
    if (this.closed) return;
    const generation = ++this.generation;
    this.statusReported = false;
    if (this.connection.lastDisconnectedAtMs > 0) this.connection.lastTryAtMs = this.env.clock.now();
    const lost = (error: Error) => {
      if (generation === this.generation && !this.closed) this.lost(error);
    };
    let answer: void | Promise<void>;
    try {
      answer = this.sink.open(this.context, lost);
    } catch (error) {
      return lost(error as Error);
    }
    const done = () => {
      if (generation !== this.generation || this.closed) return;
      this.opened = true;
      if (!this.statusReported) this.onStatus('connected', '');
      this.settle();
      if (this.mode === 'spilling' || this.hasBacklog) void this.drain();
      else this.pump();
    };
    if (answer === undefined || typeof (answer as Promise<void>).then !== 'function') done();
    else (answer as Promise<void>).then(done, lost);
  }

  private lost(error: Error): void {
    this.generation++;
    this.opened = false;
    this.direct = false;
    this.onStatus('disconnected', messageOf(error));
    this.losses.reopening();
    this.noteFailure(error);
    this.armWatch();
    const generation = this.generation;
    const pauseMs = this.backoff.next();
    Promise.resolve()
      .then(() => this.sink.close(this.context))
      .catch((cause: unknown) =>
        this.env.log.warn({ rule: this.owner.ruleId, op: this.name, cause: messageOf(cause) }, 'Closing a lost sink failed.'),
      )
      .finally(() => {
        this.env.clock.setTimer(pauseMs, () => {
          if (generation === this.generation) this.connect();
        });
      });
  }

  onStatus(state: ConnectionState, message: string): void {
    this.statusReported = true;
    const c = this.connection;
    const nowMs = this.env.clock.now();
    if (state === 'connected') {
      this.losses.connected();
      if (c.state !== 'connected') {
        c.lastConnectedAtMs = nowMs;
        // do not wait out a long backoff when the peer is known to be back
        if (this.retryTimer && this.opened) {
          this.env.clock.clear(this.retryTimer);
          this.retryTimer = undefined;
          this.backoff.reset();
          c.state = state;
          this.scheduleRetry();
        }
      }
    } else if (state === 'disconnected') {
      this.losses.lost(this.env.clock.monotonic());
      c.lastDisconnectedAtMs = nowMs;
      c.lastDisconnectedMessage = message;
    } else if (c.state !== state) c.lastTryAtMs = nowMs;
    c.state = state;
  }

  // --------------------------------------------------------------------------------------------------------------- helpers

  get contextRuleId(): string {
    return this.owner.ruleId;
  }

  onState(): void {
    this.owner.stateChanged();
  }

  onDropped(count: number): void {
    this.dropped += count;
  }

  private get backoff(): Backoff {
    this.ownBackoff ??= createBackoff({ random: () => this.env.random() });
    return this.ownBackoff;
  }

  private get diskPause(): Backoff {
    this.ownDiskPause ??= createBackoff({ firstMs: 200, maxMs: 5000, random: () => this.env.random() });
    return this.ownDiskPause;
  }

  private get disk(): DurableQueue {
    if (this.ownDisk) return this.ownDisk;
    const name = queueName(this.owner.ruleId, this.name);
    this.env.queueNames.add(name);
    this.ownDisk = createDurableQueue(
      this.env.deps.store.sinkQueues,
      name,
      { maxRows: this.cache.maxDiskRows, maxBytes: this.env.settings.maxQueueBytes, maxAgeMs: this.cache.maxAgeMs },
      this.env.clock,
      this.env.bootTime,
    );
    return this.ownDisk;
  }

  private setBehind(yes: boolean): void {
    if (this.isBehind === yes) return;
    this.isBehind = yes;
    this.owner.behind(this, yes);
  }

  private exception(error: unknown): void {
    countException(this.stats, messageOf(error), this.env.clock.now());
  }

  private guardTransform(run: () => void): void {
    try {
      run();
    } catch (error) {
      this.exception(error);
    }
  }

  /** A disk that fails must not keep the sink from starting or ending; it shows in its exceptions. */
  private async guardDisk(run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.exception(error);
    }
  }
}

const none: readonly Ack[] = [];
const countRows = (items: readonly { rows: number }[]): number => items.reduce((n, i) => n + i.rows, 0);

/** True for an action that takes what others refuse. */
export const isDeadLetter = ({ props }: Pick<ActionSpec, 'props'>): boolean =>
  Object.entries(props).some(([name, value]) => name.toLowerCase() === 'deadletter' && (value === true || value === 'true'));

/** Name of the queue on disk; also used when a rule is deleted. */
export const queueName = (ruleId: string, sink: string): string => `${ruleId}/${sink}`;
