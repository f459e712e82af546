// SESSIONWINDOW(unit, maxDuration, timeout): closes `timeout` after its last row, or at a mark of the clock (every maxDuration) when it
// is at least that old. Never empty. Processing time: by a timer; event time: gaps between rows and watermarks.
// There may be one per key: classes, so that what does not change is there once.
import type { Tuple } from '../data/tuple.ts';
import { firstEndMs, nextEndMs, UNIT_MS } from './align.ts';
import { createMarks } from './marks.ts';
import type { WindowSpec } from './spec.ts';
import { SteadyTime } from './steady-time.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps, WindowFactory, WindowLogic } from './window.ts';

/** The open session; undefined between sessions. */
interface Session {
  /** Start of the window's range: the first row, or the mark at which the session was cut. */
  startMs: number;
  /** Undefined right after a cut, until the next row. */
  firstMs: number | undefined;
  lastMs: number;
  /** Event time: the next mark. */
  markMs: number;
}

interface Saved {
  session: Session | undefined;
  store: unknown;
}

export function createSession(spec: WindowSpec, deps: WindowDeps): WindowFactory {
  const cuts = cutsOf(spec);
  return spec.eventTime ? () => new EventSession(cuts, deps.newStore()) : () => new ProcessingSession(cuts, deps);
}

/** When sessions end and where long ones are cut; shared by all keys. */
interface Cuts {
  readonly maxMs: number;
  readonly timeoutMs: number;
  /** The first mark after a moment, and the one after a mark. */
  markAfter(atMs: number): number;
  nextMark(markMs: number): number;
}

function cutsOf(spec: WindowSpec): Cuts {
  const { unit = 'ms', lengthMs: maxMs = 0, intervalMs: timeoutMs = 0, timeZone, offsetMs = 0 } = spec;
  const count = maxMs / UNIT_MS[unit];
  if (spec.standard === true) {
    // in standard SQL at marks of the calendar
    const marks = createMarks({ unit, count, timeZone, offsetMs });
    return { maxMs, timeoutMs, markAfter: (atMs) => marks.next(atMs), nextMark: (markMs) => marks.next(markMs) };
  }
  const first = spec.eventTime ? firstEndMs : nextEndMs;
  return { maxMs, timeoutMs, markAfter: (atMs) => first(atMs, count, unit, timeZone), nextMark: (markMs) => markMs + maxMs };
}

/** Sends the rows of a session up to its end. */
function send(store: WindowStore, s: Session, endMs: number): void {
  store.emit(Number.NEGATIVE_INFINITY, endMs, { startMs: s.startMs, endMs, triggerMs: endMs });
  store.dropBefore(endMs);
}

class EventSession implements WindowLogic {
  private readonly cuts: Cuts;
  private readonly store: WindowStore;
  private session: Session | undefined = undefined;

  constructor(cuts: Cuts, store: WindowStore) {
    this.cuts = cuts;
    this.store = store;
  }

  row(t: Tuple): void {
    const { cuts } = this;
    if (this.session) this.settle(this.session, t.tsMs);
    this.session ??= { startMs: t.tsMs, firstMs: t.tsMs, lastMs: t.tsMs, markMs: cuts.markAfter(t.tsMs) };
    const s = this.session;
    if (s.firstMs === undefined) {
      s.firstMs = t.tsMs;
      s.markMs = cuts.markAfter(t.tsMs);
    }
    s.lastMs = t.tsMs;
    this.store.add(t, t.tsMs);
  }

  watermark(tsMs: number): void {
    const s = this.session;
    const { timeoutMs } = this.cuts;
    if (s === undefined || tsMs - s.lastMs <= timeoutMs) return;
    this.session = undefined;
    if (s.firstMs !== undefined) send(this.store, s, s.lastMs + timeoutMs);
  }

  dueMs(): number {
    return this.session ? this.session.lastMs + this.cuts.timeoutMs + 1 : Number.POSITIVE_INFINITY;
  }

  idle(): boolean {
    return this.session === undefined;
  }

  save(): Saved {
    return { session: this.session && { ...this.session }, store: this.store.save() };
  }

  load(state: unknown): void {
    const saved = state as Saved;
    this.store.load(saved.store);
    this.session = saved.session && { ...saved.session };
  }

  /** Closes or cuts the session as far as a row (or the watermark) at that moment shows. */
  private settle(s: Session, atMs: number): void {
    const { maxMs, timeoutMs, nextMark } = this.cuts;
    const gapEndMs = atMs - s.lastMs > timeoutMs ? s.lastMs + timeoutMs : undefined;
    for (; s.markMs <= atMs && (gapEndMs === undefined || s.markMs < gapEndMs); s.markMs = nextMark(s.markMs)) {
      if (s.firstMs === undefined || s.markMs - maxMs <= s.firstMs) continue;
      send(this.store, s, s.markMs);
      this.session = gapEndMs === undefined ? { ...s, startMs: s.markMs, firstMs: undefined } : undefined;
      return;
    }
    if (gapEndMs === undefined) return;
    this.session = undefined;
    send(this.store, s, gapEndMs);
  }
}

class ProcessingSession implements WindowLogic {
  private readonly cuts: Cuts;
  private readonly store: WindowStore;
  private readonly time: SteadyTime;
  private session: Session | undefined = undefined;

  constructor(cuts: Cuts, deps: WindowDeps) {
    this.cuts = cuts;
    this.store = deps.newStore();
    this.time = new SteadyTime(deps.clock);
  }

  row(t: Tuple): void {
    this.settle(this.time.nowMs());
    const nowMs = this.time.nowMs();
    this.session ??= { startMs: nowMs, firstMs: nowMs, lastMs: nowMs, markMs: this.cuts.markAfter(nowMs) };
    this.session.firstMs ??= nowMs;
    this.session.lastMs = nowMs;
    this.store.add(t, nowMs);
  }

  /** The next mark or time-out. */
  dueMs(): number {
    const s = this.session;
    return s ? this.time.monotonicAt(Math.min(s.markMs, s.lastMs + this.cuts.timeoutMs)) : Number.POSITIVE_INFINITY;
  }

  wake(): void {
    this.settle(this.time.nowMs());
  }

  start(): void {
    const s = this.session;
    if (!s) return;
    const behindMs = this.time.nowMs() - s.lastMs;
    if (behindMs < 0) {
      // the clock is behind the one that saved the state: the session goes on from now
      this.store.shift(behindMs);
      s.startMs += behindMs;
      if (s.firstMs !== undefined) s.firstMs += behindMs;
      s.lastMs += behindMs;
      s.markMs = this.cuts.markAfter(s.lastMs);
    }
    this.settle(this.time.nowMs());
  }

  idle(): boolean {
    return this.session === undefined;
  }

  save(): Saved {
    return { session: this.session && { ...this.session }, store: this.store.save() };
  }

  load(state: unknown): void {
    const saved = state as Saved;
    this.store.load(saved.store);
    this.session = saved.session && { ...saved.session };
  }

  /** Cuts and closes what is due. */
  private settle(nowMs: number): void {
    const { maxMs, timeoutMs, nextMark } = this.cuts;
    for (let s = this.session; s; s = this.session) {
      const deadlineMs = s.lastMs + timeoutMs;
      if (s.markMs <= nowMs && s.markMs < deadlineMs) {
        const { markMs } = s;
        s.markMs = nextMark(markMs);
        if (s.firstMs === undefined || markMs - s.firstMs < maxMs) continue;
        this.session = { ...s, startMs: markMs, firstMs: undefined };
        send(this.store, s, markMs);
      } else if (deadlineMs <= nowMs) {
        this.session = undefined;
        // after a cut without further rows there is nothing to send
        if (s.firstMs !== undefined) send(this.store, s, deadlineMs);
        const deltaMs = this.time.resync();
        if (deltaMs !== 0) this.store.shift(deltaMs);
      } else return;
    }
  }
}
