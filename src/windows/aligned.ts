// Windows that end at marks of the clock, with rows or without: the common part of tumbling.ts and hopping.ts. Processing time: a timer
// on steady time; event time: the ends that rows and watermarks have passed.
import type { TimerHandle } from '../base/clock.ts';
import type { WindowRange } from '../data/tuple.ts';
import { firstEndMs, nextEndMs } from './align.ts';
import type { WindowCalendar } from './calendar.ts';
import type { TimeUnit } from './spec.ts';
import { SteadyTime } from './steady-time.ts';
import type { WindowDeps, WindowLogic } from './window.ts';

export interface AlignedShape {
  lengthMs: number;
  hopMs: number;
  /** Hop in units, for alignment. */
  hopUnits: number;
  unit: TimeUnit;
  timeZone: string;
  eventTime: boolean;
  /** Windows follow each other without overlap: one starts where the last one ended, also when it was cut short by a clock change. */
  gapless: boolean;
  /** Calendar windows (standard SQL): where windows end and begin is a function of time alone. Undefined: plain steps from the first mark. */
  calendar: WindowCalendar | undefined;
}

/** A jump in event time fires at most so many windows in a row; a single wrong timestamp must not keep the gateway busy for years. */
const MAX_FIRES = 10_000;

interface Saved {
  nextEndMs: number | undefined;
  lastEndMs: number | undefined;
  store: unknown;
}

export function createAlignedWindow(shape: AlignedShape, deps: WindowDeps): WindowLogic {
  const { lengthMs, hopMs, gapless, calendar } = shape;
  const store = deps.newStore();
  const nextOf = calendar ? (markMs: number) => calendar.next(markMs) : (markMs: number) => markMs + hopMs;
  const startOf = calendar ? (markMs: number) => calendar.start(markMs) : (markMs: number) => markMs - lengthMs;
  /** First end after a moment. */
  const endAfter = calendar ? nextOf : (atMs: number) => nextEndMs(atMs, shape.hopUnits, shape.unit, shape.timeZone);
  /** End of the running window; undefined before the first row (event time) or start. */
  let endMs: number | undefined;
  /** End of the last window, or where the first one began. */
  let lastMs: number | undefined;

  const fire = (atMs: number): void => {
    const startMs = startOf(atMs);
    const win: WindowRange = { startMs: gapless ? (lastMs ?? startMs) : startMs, endMs: atMs, triggerMs: atMs };
    lastMs = atMs;
    endMs = nextOf(atMs);
    store.emit(gapless ? Number.NEGATIVE_INFINITY : startMs, atMs, win);
    store.dropBefore(gapless ? atMs : startOf(endMs));
  };
  const save = (): Saved => ({ nextEndMs: endMs, lastEndMs: lastMs, store: store.save() });
  const load = (state: unknown): void => {
    const saved = state as Saved;
    if (saved.nextEndMs !== undefined) store.setOrigin(saved.nextEndMs);
    store.load(saved.store);
    endMs = saved.nextEndMs;
    lastMs = saved.lastEndMs;
  };

  /** Fires all windows that end at or before the moment, oldest first. */
  const fireUpTo = (atMs: number): void => {
    for (let n = 0; endMs !== undefined && endMs <= atMs; n++) {
      if (n >= MAX_FIRES && store.oldest() === undefined) {
        const skipped = Math.floor((atMs - endMs) / hopMs) + 1;
        deps.failed(new Error(`event time jumped by more than ${n} windows: ${skipped} empty windows were skipped`));
        endMs = calendar ? nextOf(atMs) : endMs + skipped * hopMs;
        lastMs = calendar ? startOf(endMs) : lastMs;
        return;
      }
      fire(endMs);
    }
  };

  if (shape.eventTime)
    return {
      row(t) {
        if (endMs === undefined) {
          endMs = calendar ? nextOf(t.tsMs) : firstEndMs(t.tsMs, shape.hopUnits, shape.unit, shape.timeZone);
          lastMs = calendar ? startOf(endMs) : t.tsMs;
          store.setOrigin(endMs);
        }
        // rows come in order of time: what ends before this one is complete
        fireUpTo(t.tsMs);
        store.add(t, t.tsMs);
      },
      watermark: fireUpTo,
      save,
      load,
    };

  const time = new SteadyTime(deps.clock);
  let timer: TimerHandle | undefined;

  const align = (): void => {
    endMs = endAfter(time.nowMs());
    store.setOrigin(endMs);
  };
  /** Fires what is due; then looks whether the wall clock was set. */
  const due = (nowMs: number): void => {
    while (endMs! <= nowMs) {
      fire(endMs!);
      // after a standstill of many windows (suspended machine) the empty ones are left out
      if (nextOf(endMs!) <= nowMs && store.oldest() === undefined) {
        align();
        if (calendar) lastMs = startOf(endMs!);
      }
    }
    const deltaMs = time.resync();
    if (deltaMs === 0) return;
    store.shift(deltaMs);
    if (lastMs !== undefined) lastMs += deltaMs;
    align();
    arm();
  };
  const arm = (): void => {
    deps.clock.clear(timer);
    timer = deps.clock.setTimer(time.untilMs(endMs!), () =>
      deps.guard(() => {
        timer = undefined;
        due(time.nowMs());
        // the timer of the platform may be a fraction of a millisecond early
        if (timer === undefined) arm();
      }),
    );
  };
  return {
    row(t) {
      const nowMs = time.nowMs();
      // the timer is late when the event loop was busy: the row belongs to the next window all the same
      if (nowMs >= endMs!) {
        due(nowMs);
        store.add(t, time.nowMs());
      } else store.add(t, nowMs);
    },
    start() {
      const nowMs = time.nowMs();
      const restored = endMs;
      if (restored !== undefined) {
        const alignedMs = endAfter(nowMs);
        if (restored > nextOf(alignedMs)) {
          // the clock is behind the one that saved the state (no battery, no network yet): the rows keep their distance to the end
          store.shift(alignedMs - restored);
          store.setOrigin(alignedMs);
          if (lastMs !== undefined) lastMs += alignedMs - restored;
          endMs = alignedMs;
        }
        deps.guard(() => {
          while (endMs! <= nowMs && store.oldest() !== undefined) fire(endMs!);
        });
        if (endMs! <= nowMs) {
          align();
          if (calendar) lastMs = startOf(endMs!);
        }
      } else {
        align();
        lastMs = calendar ? startOf(endMs!) : nowMs;
      }
      arm();
    },
    close() {
      deps.clock.clear(timer);
      timer = undefined;
    },
    save,
    load,
  };
}
