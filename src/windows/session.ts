// SESSIONWINDOW(unit, maxDuration, timeout): closes `timeout` after its last row, or at a mark of the clock (every maxDuration) when it
// is at least that old. Never empty. Processing time: one timer; event time: gaps between rows and watermarks.
import type { TimerHandle } from '../base/clock.ts';
import { firstEndMs, nextEndMs, UNIT_MS } from './align.ts';
import { createMarks, type Marks } from './marks.ts';
import type { WindowSpec } from './spec.ts';
import { createSteadyTime } from './steady-time.ts';
import type { WindowStore } from './store.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

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

export function createSession(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  return spec.eventTime ? eventSession(spec, deps) : processingSession(spec, deps);
}

/** Where long sessions are cut, in standard SQL: at marks of the calendar. */
function marksOf(spec: WindowSpec): Marks | undefined {
  if (spec.standard !== true) return undefined;
  const unit = spec.unit ?? 'ms';
  return createMarks({ unit, count: spec.lengthMs! / UNIT_MS[unit], timeZone: spec.timeZone, offsetMs: spec.offsetMs ?? 0 });
}

/** Sends the rows of a session up to its end. */
function send(store: WindowStore, s: Session, endMs: number): void {
  store.emit(Number.NEGATIVE_INFINITY, endMs, { startMs: s.startMs, endMs, triggerMs: endMs });
  store.dropBefore(endMs);
}

function eventSession(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const unit = spec.unit ?? 'ms';
  const maxMs = spec.lengthMs!;
  const timeoutMs = spec.intervalMs!;
  const store = deps.newStore();
  let session: Session | undefined;

  const marks = marksOf(spec);
  const markAfter = (atMs: number): number => (marks ? marks.next(atMs) : firstEndMs(atMs, maxMs / UNIT_MS[unit], unit, spec.timeZone));
  const nextMark = (markMs: number): number => (marks ? marks.next(markMs) : markMs + maxMs);
  /** Closes or cuts the session as far as a row (or the watermark) at that moment shows. */
  const settle = (s: Session, atMs: number): void => {
    const gapEndMs = atMs - s.lastMs > timeoutMs ? s.lastMs + timeoutMs : undefined;
    for (; s.markMs <= atMs && (gapEndMs === undefined || s.markMs < gapEndMs); s.markMs = nextMark(s.markMs)) {
      if (s.firstMs === undefined || s.markMs - maxMs <= s.firstMs) continue;
      send(store, s, s.markMs);
      session = gapEndMs === undefined ? { ...s, startMs: s.markMs, firstMs: undefined } : undefined;
      return;
    }
    if (gapEndMs === undefined) return;
    session = undefined;
    send(store, s, gapEndMs);
  };
  return {
    row(t) {
      if (session) settle(session, t.tsMs);
      session ??= { startMs: t.tsMs, firstMs: t.tsMs, lastMs: t.tsMs, markMs: markAfter(t.tsMs) };
      if (session.firstMs === undefined) {
        session.firstMs = t.tsMs;
        session.markMs = markAfter(t.tsMs);
      }
      session.lastMs = t.tsMs;
      store.add(t, t.tsMs);
    },
    watermark(tsMs) {
      if (session && tsMs - session.lastMs > timeoutMs) {
        const s = session;
        session = undefined;
        if (s.firstMs !== undefined) send(store, s, s.lastMs + timeoutMs);
      }
    },
    dueMs: () => (session ? session.lastMs + timeoutMs + 1 : Number.POSITIVE_INFINITY),
    idle: () => session === undefined,
    save: (): Saved => ({ session: session && { ...session }, store: store.save() }),
    load(state) {
      const saved = state as Saved;
      store.load(saved.store);
      session = saved.session && { ...saved.session };
    },
  };
}

function processingSession(spec: WindowSpec, deps: WindowDeps): WindowLogic {
  const unit = spec.unit ?? 'ms';
  const maxMs = spec.lengthMs!;
  const timeoutMs = spec.intervalMs!;
  const { clock } = deps;
  const store = deps.newStore();
  const time = createSteadyTime(clock);
  let session: Session | undefined;
  let timer: TimerHandle | undefined;

  const marks = marksOf(spec);
  const markAfter = (atMs: number): number => (marks ? marks.next(atMs) : nextEndMs(atMs, maxMs / UNIT_MS[unit], unit, spec.timeZone));
  const nextMark = (markMs: number): number => (marks ? marks.next(markMs) : markMs + maxMs);
  /** Cuts and closes what is due. */
  const due = (nowMs: number): void => {
    while (session) {
      const s = session;
      const deadlineMs = s.lastMs + timeoutMs;
      if (s.markMs <= nowMs && s.markMs < deadlineMs) {
        const markMs = s.markMs;
        s.markMs = nextMark(markMs);
        if (s.firstMs === undefined || markMs - s.firstMs < maxMs) continue;
        session = { ...s, startMs: markMs, firstMs: undefined };
        send(store, s, markMs);
      } else if (deadlineMs <= nowMs) {
        session = undefined;
        // after a cut without further rows there is nothing to send
        if (s.firstMs !== undefined) send(store, s, deadlineMs);
        const deltaMs = time.resync();
        if (deltaMs !== 0) store.shift(deltaMs);
      } else return;
    }
  };
  /** One timer for the next mark or time-out; rows that push the time-out back do not touch it. */
  const arm = (): void => {
    if (!session || timer !== undefined) return;
    const atMs = Math.min(session.markMs, session.lastMs + timeoutMs);
    timer = clock.setTimer(time.untilMs(atMs), () =>
      deps.guard(() => {
        timer = undefined;
        due(time.nowMs());
        arm();
      }),
    );
  };
  return {
    row(t) {
      due(time.nowMs());
      const nowMs = time.nowMs();
      session ??= { startMs: nowMs, firstMs: nowMs, lastMs: nowMs, markMs: markAfter(nowMs) };
      session.firstMs ??= nowMs;
      session.lastMs = nowMs;
      store.add(t, nowMs);
      arm();
    },
    start() {
      if (!session) return;
      const behindMs = time.nowMs() - session.lastMs;
      if (behindMs < 0) {
        // the clock is behind the one that saved the state: the session goes on from now
        store.shift(behindMs);
        session.startMs += behindMs;
        if (session.firstMs !== undefined) session.firstMs += behindMs;
        session.lastMs += behindMs;
        session.markMs = markAfter(session.lastMs);
      }
      deps.guard(() => due(time.nowMs()));
      arm();
    },
    close() {
      clock.clear(timer);
      timer = undefined;
    },
    idle: () => session === undefined,
    save: (): Saved => ({ session: session && { ...session }, store: store.save() }),
    load(state) {
      const saved = state as Saved;
      store.load(saved.store);
      session = saved.session && { ...saved.session };
    },
  };
}
