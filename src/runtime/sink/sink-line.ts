// The line of items in front of one sink: interprets the effects of outbox.ts with a flight, a spool, a drain, a parking lot and the link.
// Made by sink-node.ts; the transform hands finished items to `item`.
// Happy path of a sink that answers synchronously: no promise, no allocation, no step of the machine.
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { SinkData } from '../../contract/sink.ts';
import type { Ack } from '../../data/ack.ts';
import type { Result } from '../../data/tuple.ts';
import { countException, type NodeStats } from '../node-stats.ts';
import type { DynamicProps, TransformOutput } from '../transform/index.ts';
import { Aside } from './aside.ts';
import { DiskSide } from './disk-side.ts';
import { Flight } from './flight.ts';
import { Interpreter, type LineHost } from './interpreter.ts';
import { ItemQueue } from './item-queue.ts';
import type { LineAccess } from './line-access.ts';
import type { LineParts } from './line-parts.ts';
import { isBehind, type Load, type Outbox, type OutboxEvent } from './outbox.ts';
import { Pacing } from './pacing.ts';
import { countRows, newItem, type SinkItem } from './sink-item.ts';
import { Spool } from './spool.ts';
import { countFault, verdictOf } from './verdict.ts';

/** Items on their way to disk at which the sources are asked to wait: more than a memory queue, so that a blocked sink does not slow others. */
const MAX_BUFFERED = 4096;
export class SinkLine implements TransformOutput, LineHost, LineAccess {
  retried = 0;
  dropped = 0;
  /** Rows that the sink took, by whatever way. */
  deliveries = 0;
  readonly aside: Aside;
  readonly flight = new Flight();
  readonly spool: Spool;
  readonly parts: LineParts;
  private readonly machine: Interpreter;
  /** True when an item may go straight to the sink. */
  private direct = false;
  readonly waiting = new ItemQueue();
  private readonly waitingLimit: number;
  private readonly limits: { waiting: number; buffered: number };
  readonly pacing: Pacing;
  readonly disk: DiskSide;
  behind = false;
  /** Something failed since the last delivery. */
  private troubled = false;
  private readonly stats: NodeStats;

  constructor(parts: LineParts) {
    this.parts = parts;
    this.stats = parts.stats;
    this.aside = new Aside(this);
    this.pacing = new Pacing(parts);
    this.disk = new DiskSide(this);
    this.machine = new Interpreter(parts, this.pacing, this);
    this.waitingLimit = parts.waitingLimit;
    this.limits = { waiting: parts.waitingLimit, buffered: MAX_BUFFERED };
    this.spool = new Spool({
      clock: parts.clock,
      makeQueue: parts.makeQueue,
      random: parts.random,
      pageRows: parts.cache.pageRows,
      full: parts.rule.cacheFullPolicy,
      sink: parts.name,
      stored: (items) => {
        this.release(items);
        this.press();
      },
      exception: (error) => this.exception(error),
      crash: (error) => parts.crash(error),
    });
  }

  get diskFails(): boolean {
    return this.state.disk === 'failing';
  }

  get pending(): number {
    return this.waiting.size + this.flight.count + this.spool.buffer.length;
  }

  get state(): Outbox {
    return this.machine.outbox;
  }

  get load(): Load {
    return {
      waiting: this.waiting.size,
      flying: this.flight.count,
      copies: this.flight.copies,
      buffered: this.spool.buffer.length,
      pages: this.spool.pages,
    };
  }

  /** What a run before left on disk goes first. */
  startWithBacklog(): void {
    this.machine.outbox = { ...this.machine.outbox, mode: 'spilling' };
  }

  linkUp(): void {
    this.apply('linkUp');
  }

  linkDown(error: unknown): void {
    this.direct = false;
    this.noteFailure(error);
    this.flight.abandon();
    // first: nothing may be sent into the lost connection
    this.apply('linkDown');
    this.goBack();
  }

  /** The component says that its peer is back: a long pause is not waited out. */
  woken(): void {
    if (this.state.retry !== 'armed') return;
    this.pacing.reset();
    this.apply('woken');
  }

  /** From the transform: one finished item. */
  item(data: SinkData, dynamic: DynamicProps | undefined, rows: number, acks: readonly Ack[]): void {
    this.stats.recordsIn++;
    const atMs = (this.stats.lastInvocationAtMs = this.parts.clock.now());
    if (!this.direct) return this.enqueue(this.keep(data, dynamic, rows, acks, atMs));
    let answer: void | Promise<void>;
    try {
      answer = this.parts.collect(data, dynamic, atMs);
    } catch (error) {
      return this.failedAtOnce(this.keep(data, dynamic, rows, acks, atMs), error);
    }
    if (answer === undefined || typeof (answer as Promise<void>).then !== 'function') {
      this.stats.recordsOut++;
      this.stats.processed++;
      this.deliveries++;
      if (this.parts.lot.watchesKeys) this.aside.taken(data, dynamic);
      return;
    }
    this.fly(this.keep(data, dynamic, rows, acks, atMs), answer);
    if (!this.flight.hasRoom(this.parts.maxInFlight)) this.direct = false;
  }

  failed(result: Result, error: unknown): void {
    this.parts.resultFailed(result, error);
  }

  /** Puts an item before all others, and sends it as soon as the sink takes one. */
  first(item: SinkItem): void {
    this.waiting.unshift([item]);
    this.apply('added');
    this.settle();
  }

  /** True when an item that is put first goes to the sink next. */
  get isReady(): boolean {
    return this.state.mode === 'up' && this.state.link === 'open' && !this.state.ended;
  }

  private keep(data: SinkData, dynamic: DynamicProps | undefined, rows: number, acks: readonly Ack[], atMs: number): SinkItem {
    for (let i = 0; i < acks.length; i++) acks[i]!.retain();
    return newItem(data, dynamic, rows, acks, atMs);
  }

  letGo(item: SinkItem): void {
    const acks = item.acks;
    item.acks = none;
    for (let i = 0; i < acks.length; i++) acks[i]!.release();
  }

  private enqueue(item: SinkItem): void {
    if (this.state.mode === 'spilling') return this.store(item);
    if (this.waiting.size >= this.waitingLimit && this.parts.rule.bufferFullPolicy === 'dropOldest') this.dropOldest();
    this.waiting.push(item);
    if (this.state.watch === 'idle') this.apply('added');
    else if (this.isReady) this.pump();
    this.settle();
    // the item may have been sent, or everything may have gone to disk meanwhile
    if (this.waiting.size < this.waitingLimit) return;
    // a source that cannot wait, or a window that gives much at once: beyond four times the bound the disk takes it
    if (this.waiting.size >= 4 * this.waitingLimit || !this.pacing.isBusy) this.apply('stuck');
  }

  /** On its way to disk; the machine hears of the first one, and when much lies there. */
  private store(item: SinkItem): void {
    this.spool.add(item);
    const n = this.spool.buffer.length;
    if (this.state.flush === 'armed' && this.state.disk === 'ok' && this.spool.delayMs(false) === 0) {
      this.pacing.clear('flush');
      this.apply('flushDue');
    } else if (n === 1 || this.state.flush === 'idle') this.apply('added');
    this.press();
  }

  private dropOldest(): void {
    const oldest = this.waiting.shift()!;
    this.dropped += oldest.rows;
    const text = `buffer full, drop message from ${this.parts.ruleId} to ${this.parts.name}`;
    countException(this.stats, text, this.parts.clock.now());
    this.letGo(oldest);
  }

  apply(event: OutboxEvent): void {
    this.machine.apply(event);
  }

  /** Sends what waits, as far as the sink takes it. */
  pump(): void {
    while (this.isReady && this.flight.hasRoom(this.parts.maxInFlight)) {
      const item = this.waiting.shift();
      if (!item) break;
      // a late answer came meanwhile
      if (item.state === 'done') continue;
      let answer: void | Promise<void>;
      try {
        answer = this.parts.collect(item.data, item.dynamic, item.atMs);
      } catch (error) {
        // what is not taken does not keep the next ones waiting
        this.failedAtOnce(item, error);
        continue;
      }
      if (answer !== undefined && typeof (answer as Promise<void>).then === 'function') this.fly(item, answer);
      else this.delivered(item);
    }
  }

  /** What becomes true after each change of the queues. */
  settle(): void {
    this.direct = this.isReady && this.waiting.size === 0 && this.flight.hasRoom(this.parts.maxInFlight);
    this.press();
  }

  private fly(item: SinkItem, answer: Promise<void>): void {
    this.flight.launch(item, answer, this.landed, this.tookLate);
    if (this.state.watch === 'idle') this.apply('added');
  }

  private readonly landed = (items: readonly SinkItem[], error: unknown): void => {
    this.pacing.answered();
    for (let i = 0; i < items.length; i++)
      if (error === undefined) this.delivered(items[i]!);
      else this.failedItem(items[i]!, error);
    if (this.state.ended) return;
    if (this.state.mode !== 'up') {
      this.goBack();
      return this.apply('answered');
    }
    this.flight.trim();
    if (this.waiting.size > 0) this.pump();
    this.settle();
  };

  /** The answer of a flight that was given up: it counts, as the item was not sent again. */
  private readonly tookLate = (item: SinkItem): void => this.delivered(item);

  private failedAtOnce(item: SinkItem, error: unknown): void {
    this.pacing.answered();
    this.failedItem(item, error);
    if (!this.state.ended) this.goBack();
    this.settle();
  }

  /** Where an item goes that the sink did not take. */
  private failedItem(item: SinkItem, error: unknown): void {
    if (item.parkedTry) {
      item.state = 'failed';
      return this.endTry(item, error);
    }
    const { cache } = this.parts;
    const { parkAfter } = cache;
    const verdict = verdictOf(error);
    const notTaken =
      verdict === 'final' ||
      (cache.maxRetries > 0 && ++item.tries > cache.maxRetries) ||
      (verdict === 'fault' && countFault(item, this.deliveries, parkAfter));
    if (notTaken && this.aside.take(item, error)) return;
    this.noteFailure(error);
    this.pacing.soon = verdict === 'fault' && item.faults < parkAfter;
    if (cache.alterQueue && cache.priority < 1) {
      // live data goes on; the failed item takes the other way
      item.state = 'failed';
      if (!item.stored) this.store(item);
      return;
    }
    if (item.state === 'flying') item.state = 'failed';
    else this.flight.fail(item);
    this.direct = false;
    this.apply('failed');
    // to learn whether the peer takes other rows, the drain lets the next one through
    if (verdict === 'fault' && parkAfter > 0 && item.faults >= parkAfter - 1 && this.waiting.size > 0 && !this.diskFails)
      this.apply('stuck');
  }

  /** When all answers are in, what failed goes back in its order: into the line, or to disk behind what is there. */
  goBack(): void {
    if (this.flight.count > 0) return;
    const failed = this.flight.takeFailed();
    for (const item of failed) if (item.parkedTry) this.endTry(item, ioError('the connection was lost'));
    const back = failed.filter((i) => i.state === 'failed');
    if (back.length === 0) return;
    for (const item of back) item.state = 'waiting';
    if (this.state.mode === 'spilling') this.spool.addFirst(back);
    else if (this.parts.cache.alterQueue) for (const item of back) this.spool.add(item);
    else this.waiting.unshift(back);
    this.apply('added');
  }

  /** A row that could not be set aside after all waits at the head of the line; if it has a copy on its way to disk, that is the one. */
  takeBack(item: SinkItem): void {
    item.state = 'failed';
    if (this.state.ended || item.stored) return;
    this.flight.fail(item);
    this.apply('failed');
    this.goBack();
  }

  private delivered(item: SinkItem): void {
    item.state = 'done';
    this.tookOne(item);
    this.endTry(item, undefined);
    this.letGo(item);
    if (this.state.disk === 'failing') this.apply('delivered');
  }

  tookOne(item: Pick<SinkItem, 'data' | 'dynamic'>): void {
    this.stats.recordsOut++;
    this.stats.processed++;
    this.deliveries++;
    this.pacing.progressed();
    if (this.parts.lot.watchesKeys) this.aside.taken(item.data, item.dynamic);
    if (!this.troubled) return;
    this.troubled = false;
    this.aside.error = '';
    this.pacing.reset();
    this.parts.proven();
    this.parts.log.info({ rule: this.parts.ruleId, op: this.parts.name }, 'Sink takes data again.');
  }

  endTry(item: SinkItem, error: unknown): void {
    if (item.parkedTry === undefined) return;
    // one that still flies is only forgotten: its answer counts
    if (item.state === 'flying') item.stored = true;
    else item.state = 'done';
    item.parkedTry(error);
  }

  noteFailure(error: unknown): void {
    this.pacing.answered();
    this.exception(error);
    if (this.troubled) return;
    this.troubled = true;
    this.parts.log.warn(
      { code: 'IO_FAILED', rule: this.parts.ruleId, op: this.parts.name, cause: messageOf(error) },
      'Sink does not take data; it is tried again.',
    );
  }

  exception(error: unknown): void {
    countException(this.stats, messageOf(error), this.parts.clock.now());
  }

  private press(): void {
    const yes = isBehind(this.behind, this.state, this.waiting.size, this.spool.buffer.length, this.limits);
    if (yes === this.behind) return;
    this.behind = yes;
    this.parts.behind(yes);
  }

  spill(): void {
    const items = [...this.flight.unstored(), ...this.waiting.drain()];
    // tries of parked rows end: they are safe where they lie
    for (const item of items) if (item.parkedTry) this.endTry(item, ioError('the sink does not confirm'));
    const rest = items.filter((i) => i.state !== 'done' && !i.stored);
    this.parts.log.warn(
      { rule: this.parts.ruleId, op: this.parts.name, rows: countRows(rest) },
      'Sink is not confirming; spilling to disk.',
    );
    this.spool.addFirst(rest);
    if (this.flight.count === 0) this.flight.clear();
    this.apply('added');
  }

  /** The disk is empty: what did not get there yet is delivered from memory. */
  unspill(): void {
    const rest = this.spool.take();
    this.waiting.unshift(rest);
    this.pacing.progressed();
    this.pacing.reset();
    if (rest.length === 0) this.parts.log.info({ rule: this.parts.ruleId, op: this.parts.name }, 'Backlog of the sink is sent.');
  }

  hold(): void {
    this.direct = false;
  }

  /** What is left is confirmed, or not, by the caller. */
  release(items: readonly SinkItem[]): void {
    for (const item of items) this.letGo(item);
  }
}

const none: readonly Ack[] = [];
