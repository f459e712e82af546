// Many timers on one of the clock. What keeps a timer per key (keyed.ts) would else fill the platform's lists with thousands of them.
// Timers of one moment fire in the order in which they were set. Heap: due-heap.ts.
import type { Clock, TimerHandle } from '../base/clock.ts';
import { DueHeap } from './due-heap.ts';

export interface TimerQueue extends Clock {
  /** Timers that wait. */
  readonly size: number;
  /** Clears all. */
  close(): void;
}

interface Timer {
  fire(): void;
}

export function createTimerQueue(clock: Clock): TimerQueue {
  const dues = new DueHeap<Timer>();
  let timer: TimerHandle | undefined;
  let armedMs = Number.POSITIVE_INFINITY;

  const disarm = (): void => {
    clock.clear(timer);
    timer = undefined;
    armedMs = Number.POSITIVE_INFINITY;
  };
  const arm = (): void => {
    const nextMs = dues.next();
    if (armedMs <= nextMs && nextMs !== Number.POSITIVE_INFINITY) return;
    disarm();
    if (nextMs === Number.POSITIVE_INFINITY) return;
    armedMs = nextMs;
    timer = clock.setTimer(Math.max(0, nextMs - clock.monotonic()), due);
  };
  const due = (): void => {
    timer = undefined;
    armedMs = Number.POSITIVE_INFINITY;
    const nowMs = clock.monotonic();
    try {
      for (let next = dues.dueAt(nowMs); next !== undefined; next = dues.dueAt(nowMs)) {
        dues.remove(next);
        next.fire();
      }
    } finally {
      arm();
    }
  };
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    get size() {
      return dues.size;
    },
    setTimer(delayMs, fire) {
      const thing: Timer = { fire };
      dues.set(thing, clock.monotonic() + Math.max(0, delayMs));
      arm();
      return { timer: thing };
    },
    clear(handle) {
      if (handle) dues.remove(handle.timer as Timer);
    },
    close() {
      for (let next = dues.dueAt(Number.MAX_VALUE); next !== undefined; next = dues.dueAt(Number.MAX_VALUE)) dues.remove(next);
      disarm();
    },
  };
}
