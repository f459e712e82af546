// All time of the gateway goes through one Clock: real in the daemon, virtual in tests, so that no test sleeps.
// Called by windows, sources, backoff, status. Wall time is for timestamps; spans are measured on the monotonic side.

/** A timer that was started; give it back to `clear`. */
export type TimerHandle = { readonly timer: unknown };

export interface Clock {
  /** Wall time, epoch milliseconds. May jump (NTP). */
  now(): number;
  /** Monotonic milliseconds since an arbitrary start; never goes back. */
  monotonic(): number;
  /** Calls `fire` once after `delayMs` of monotonic time. */
  setTimer(delayMs: number, fire: () => void): TimerHandle;
  clear(handle: TimerHandle | undefined): void;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

function sleepOn(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clock.clear(handle);
      reject(signal!.reason);
    };
    const handle = clock.setTimer(delayMs, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}

/** Longest delay that one timer of the platform takes (2^31-1 ms); longer ones are chained. */
const MAX_TIMER_MS = 0x7fffffff;

export function createRealClock(): Clock {
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    setTimer(delayMs, fire) {
      const handle = { timer: undefined as NodeJS.Timeout | undefined };
      const endMs = performance.now() + delayMs;
      const arm = () => {
        const leftMs = endMs - performance.now();
        handle.timer = setTimeout(due, Math.min(Math.max(0, Math.ceil(leftMs)), MAX_TIMER_MS));
      };
      // The platform counts from the begin of the loop's turn and fires early by what the turn has taken since: a cycle would end before its time.
      const due = () => {
        if (performance.now() < endMs) arm();
        else fire();
      };
      arm();
      return handle;
    },
    clear(handle) {
      if (handle) clearTimeout(handle.timer as NodeJS.Timeout);
    },
    sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
  };
  return clock;
}

export interface VirtualClock extends Clock {
  /** Moves time forward, firing due timers in order; promises settle between timers. */
  advance(ms: number): Promise<void>;
  /** Moves the wall clock only (an NTP step); monotonic time and timers stay. */
  jump(ms: number): void;
  /** Number of timers that wait. */
  readonly pending: number;
}

/** A clock that stands still until `advance` is called. */
export function createVirtualClock(startMs = Date.UTC(2026, 0, 1)): VirtualClock {
  let wallMs = startMs;
  let monoMs = 0;
  let seq = 0;
  const timers: { at: number; seq: number; fire: () => void; handle: TimerHandle }[] = [];
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const clock: VirtualClock = {
    now: () => wallMs,
    monotonic: () => monoMs,
    setTimer(delayMs, fire) {
      const handle = { timer: ++seq };
      timers.push({ at: monoMs + Math.max(0, delayMs), seq, fire, handle });
      timers.sort((a, b) => a.at - b.at || a.seq - b.seq);
      return handle;
    },
    clear(handle) {
      const i = timers.findIndex((t) => t.handle === handle);
      if (i >= 0) timers.splice(i, 1);
    },
    sleep: (delayMs, signal) => sleepOn(clock, delayMs, signal),
    async advance(ms) {
      const end = monoMs + ms;
      await settle();
      for (let due = timers[0]; due && due.at <= end; due = timers[0]) {
        timers.shift();
        wallMs += due.at - monoMs;
        monoMs = due.at;
        due.fire();
        await settle();
      }
      wallMs += end - monoMs;
      monoMs = end;
      await settle();
    },
    jump(ms) {
      wallMs += ms;
    },
    get pending() {
      return timers.length;
    },
  };
  return clock;
}
