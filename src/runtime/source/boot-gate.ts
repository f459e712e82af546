// At the start of the gateway, sources are opened when the saved rules have joined them: a broker gives unconfirmed messages out as soon as
// it is connected, and a rule that joins a moment later would miss them. Used by source-node.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';

/** The gate opens at the latest after this time, whatever still starts. */
const MAX_MS = 5000;

export interface BootGate {
  /** A rule joined a source; while the gate is closed that makes it wait a little longer.
   *  @param open called at once when the gate is open, else when it opens */
  join(open?: () => void): void;
}

/** @param quietMs the gate opens when no rule joined for so long; 0 = it is open */
export function createBootGate(clock: Clock, quietMs: number): BootGate {
  let isOpen = quietMs <= 0;
  let waiting: (() => void)[] = [];
  let timer: TimerHandle | undefined;
  const startMs = clock.monotonic();
  const open = () => {
    isOpen = true;
    const all = waiting;
    waiting = [];
    for (const go of all) go();
  };
  const arm = () => {
    clock.clear(timer);
    const leftMs = startMs + MAX_MS - clock.monotonic();
    if (leftMs <= 0) open();
    else timer = clock.setTimer(Math.min(quietMs, leftMs), open);
  };
  if (!isOpen) arm();
  return {
    join(go) {
      if (isOpen) return go?.();
      if (go) waiting.push(go);
      arm();
    },
  };
}
