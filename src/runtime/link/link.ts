// Keeps the connection of one source or sink: opens its peer, sees losses, closes, waits with backoff and opens again, for ever. Shared by
// SourceNode and SinkNode. The phases are the table of link-machine.ts; this file interprets its effects.
//
// How to use it: implement LinkOwner, `new Link(owner, options)`, call `start()` once and `end(reason)` once. Between `linkUp()` and
// `linkDown()` the peer may be given work. Hand `link.onStatus` to the component's context. What it promises:
// - while it is not open and not ended, something that will open it is under way or armed: no call of foreign code is awaited without a limit;
// - what a peer says that was opened before the present one counts for nothing (`generation`);
// - pauses between tries grow with jitter, and shrink only after the connection lasted STABLE_MS or the owner called `proven()`.
import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { ConnectionState } from '../../contract/context.ts';
import type { CloseReason } from '../../contract/source.ts';
import { ConnectionLosses } from '../connection-losses.ts';
import { type ConnectionStats, createConnectionStats } from '../node-stats.ts';
import { type LinkEffect, type LinkEvent, type LinkPhase, linkTable } from './link-machine.ts';

/** What the link needs of the source or sink whose peer it keeps. */
export interface LinkOwner {
  /** Calls `open` of the component. @param fail takes later losses of this very connection  @param generation of this connection */
  openPeer(fail: (error: Error) => void, generation: number): void | Promise<void>;
  /** Calls `close` of the component. `reopen`: it was lost. */
  closePeer(reason: CloseReason): void | Promise<void>;
  /** The peer takes work from now on. */
  linkUp(): void;
  /** It does not any more. @param pauseMs after closing it, the next try waits so long */
  linkDown(error: unknown, pauseMs: number): void;
  /** `close` failed or did not end in time; the link goes on all the same. */
  closeFailed(error: unknown): void;
  /** True for an error that is an end and no loss: nothing is opened again. */
  isEnd?(error: unknown): boolean;
  /** It came to its end (`isEnd`). */
  linkFinished?(error: unknown): void;
  /** A try begins. */
  linkOpening?(): void;
  /** The component reported a state. @param before the state that it had */
  stateChanged?(state: ConnectionState, before: ConnectionState): void;
}

export interface LinkOptions {
  clock: Clock;
  random(): number;
  /** `open` must end within this; 0 = it may take for ever (a source that works inside of `open`). Default OPEN_LIMIT_MS. */
  openLimitMs?: number;
}

/** Foreign `open` that did not answer in this time counts as failed. */
export const OPEN_LIMIT_MS = 30_000;
/** Foreign `close` that did not answer in this time is left behind. */
export const CLOSE_LIMIT_MS = 5_000;
/** A connection that lasted so long was a good one: after its loss the pauses begin small again. */
export const STABLE_MS = 10_000;

export class Link {
  readonly connection: ConnectionStats = createConnectionStats();
  readonly losses = new ConnectionLosses();
  /** Counts connections; that of the present one. */
  generation = 0;
  private phase: LinkPhase = 'closed';
  private readonly owner: LinkOwner;
  private readonly options: LinkOptions;
  private statusReported = false;
  private upSinceMs = 0;
  /** Made at the first loss: of thousands of links most never need it. */
  private backoff: Backoff | undefined;
  private pauseMs = 0;
  private pause: TimerHandle | undefined;
  private openTimer: TimerHandle | undefined;
  private closing: Promise<void> | undefined;

  constructor(owner: LinkOwner, options: LinkOptions) {
    this.owner = owner;
    this.options = options;
  }

  get isOpen(): boolean {
    return this.phase === 'open';
  }

  get state(): LinkPhase {
    return this.phase;
  }

  /** Opens the peer; later calls do nothing. */
  start(): void {
    this.apply('start');
  }

  /** The owner saw the peer fail otherwise than by `fail` (it answers nothing). */
  failed(error: unknown): void {
    this.lose(this.generation, error);
  }

  /** The peer did something useful: the next loss is followed by a short pause. */
  proven(): void {
    if (this.backoff !== undefined && this.backoff.tries > 0) this.backoff.reset();
  }

  /** A peer that gives data before its `open` ended is there: the limit of `open` is off. */
  heard(): void {
    if (this.openTimer !== undefined) this.clearOpenTimer();
  }

  /** Ends for good. Resolves when the peer is closed, at the latest after `limitMs`. */
  async end(reason: CloseReason, limitMs = CLOSE_LIMIT_MS): Promise<void> {
    this.generation++;
    this.clearOpenTimer();
    const { closing } = this;
    const effects = this.move('end');
    if (effects === undefined) return closing;
    for (const e of effects) if (e === 'disarm') this.disarm();
    if (effects.includes('bye')) this.closing = this.close(reason, limitMs);
    await this.closing;
  }

  /** For the context of the component. */
  readonly onStatus = (state: ConnectionState, message: string): void => {
    // a connection that is given up already cannot come up
    if (state === 'connected' && (this.phase === 'closing' || this.phase === 'waiting' || this.phase === 'ended')) return;
    this.statusReported = true;
    const c = this.connection;
    const before = c.state;
    const nowMs = this.options.clock.now();
    if (state === 'connected') {
      this.losses.connected();
      if (before !== 'connected') c.lastConnectedAtMs = nowMs;
    } else if (state === 'disconnected') {
      this.losses.lost(this.options.clock.monotonic());
      c.lastDisconnectedAtMs = nowMs;
      c.lastDisconnectedMessage = message;
    } else if (before !== state) c.lastTryAtMs = nowMs;
    c.state = state;
    this.owner.stateChanged?.(state, before);
  };

  // ------------------------------------------------------------------------------------------------------------- interpreter

  /** @returns effects; undefined when the event is not for this phase */
  private move(event: LinkEvent): readonly LinkEffect[] | undefined {
    const move = linkTable[this.phase][event];
    if (move === undefined) return undefined;
    this.phase = move.to;
    return move.effects;
  }

  private apply(event: LinkEvent, error?: unknown): void {
    for (const effect of this.move(event) ?? []) this.run(effect, error);
  }

  private run(effect: LinkEffect, error: unknown): void {
    switch (effect) {
      case 'open':
        return this.open();
      case 'up':
        this.clearOpenTimer();
        this.upSinceMs = this.options.clock.monotonic();
        if (!this.statusReported) this.onStatus('connected', '');
        // it may have been lost again by what the owner was told
        if (this.phase === 'open') this.owner.linkUp();
        return;
      case 'down':
        return this.down(error);
      case 'close': {
        this.closing = this.close('reopen', CLOSE_LIMIT_MS).finally(() => {
          this.closing = undefined;
          this.apply('shut');
        });
        return;
      }
      case 'pause':
        this.pause = this.options.clock.setTimer(this.pauseMs, () => {
          this.pause = undefined;
          this.apply('due');
        });
        return;
      case 'disarm':
        return this.disarm();
      case 'bye':
        return;
    }
  }

  private open(): void {
    const generation = ++this.generation;
    this.statusReported = false;
    this.owner.linkOpening?.();
    const fail = (error: unknown) => this.lose(generation, error);
    let answer: void | Promise<void>;
    try {
      answer = this.owner.openPeer(fail, generation);
    } catch (error) {
      return fail(error);
    }
    const done = () => {
      if (generation === this.generation) this.apply('opened');
    };
    if (answer === undefined || typeof (answer as Promise<void>).then !== 'function') return done();
    answer.then(done, fail);
    const limitMs = this.options.openLimitMs ?? OPEN_LIMIT_MS;
    if (limitMs > 0 && this.phase === 'opening' && generation === this.generation)
      this.openTimer = this.options.clock.setTimer(limitMs, () => {
        this.openTimer = undefined;
        fail(ioError(`opening did not end within ${limitMs / 1000} s`));
      });
  }

  private lose(generation: number, error: unknown): void {
    if (generation !== this.generation) return;
    const end = this.owner.isEnd?.(error) === true;
    this.clearOpenTimer();
    if (!end && (this.phase === 'open' || this.phase === 'opening')) this.generation++;
    const before = this.phase;
    this.apply(end ? 'finished' : 'failed', error);
    if (this.phase === 'finished' && before !== 'finished') this.owner.linkFinished?.(error);
  }

  private down(error: unknown): void {
    this.backoff ??= createBackoff({ random: () => this.options.random() });
    if (this.upSinceMs > 0 && this.options.clock.monotonic() - this.upSinceMs >= STABLE_MS) this.backoff.reset();
    this.upSinceMs = 0;
    this.pauseMs = this.backoff.next();
    this.onStatus('disconnected', messageOf(error));
    this.losses.reopening();
    this.owner.linkDown(error, this.pauseMs);
  }

  /** Never rejects, and never takes longer than its limit. */
  private async close(reason: CloseReason, limitMs: number): Promise<void> {
    const { clock } = this.options;
    let timer: TimerHandle | undefined;
    try {
      const answer = this.owner.closePeer(reason);
      if (answer === undefined || typeof (answer as Promise<void>).then !== 'function') return;
      const late = new Promise<never>((_resolve, reject) => {
        timer = clock.setTimer(limitMs, () => reject(ioError(`closing did not end within ${limitMs / 1000} s; no longer waiting for it`)));
      });
      await Promise.race([answer, late]);
    } catch (error) {
      this.owner.closeFailed(error);
    } finally {
      clock.clear(timer);
    }
  }

  private clearOpenTimer(): void {
    this.options.clock.clear(this.openTimer);
    this.openTimer = undefined;
  }

  private disarm(): void {
    this.options.clock.clear(this.pause);
    this.pause = undefined;
  }
}
