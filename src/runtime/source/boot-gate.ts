// At the start of the gateway, sources are opened when all saved rules have joined them: a broker gives unconfirmed messages out as soon as
// it is connected, and a rule that joins a moment later would miss them. Used by source-node.ts and rule.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';

/** The gate opens at the latest after this time: a rule that hangs in its start must not keep the others from their data. */
const MAX_MS = 5000;

export interface BootGate {
  /** Called at once when the gate is open, else when it opens. */
  whenOpen(go: () => void): void;
  /** A rule begins its start … */
  enter(): void;
  /** … and has joined its sources, or failed. */
  leave(): void;
  /** All saved rules were told to start: the gate opens when those that did are through. */
  rulesLoaded(): void;
}

/** @param closed false: the gate is open from the beginning (no saved rules) */
export function createBootGate(clock: Clock, closed: boolean): BootGate {
  let isOpen = !closed;
  let loaded = false;
  let starting = 0;
  let waiting: (() => void)[] = [];
  let limit: TimerHandle | undefined;
  const open = () => {
    if (isOpen) return;
    isOpen = true;
    clock.clear(limit);
    const all = waiting;
    waiting = [];
    for (const go of all) go();
  };
  const check = () => {
    if (loaded && starting === 0) open();
  };
  if (closed) limit = clock.setTimer(MAX_MS, open);
  return {
    whenOpen(go) {
      if (isOpen) go();
      else waiting.push(go);
    },
    enter() {
      starting++;
    },
    leave() {
      starting--;
      check();
    },
    rulesLoaded() {
      loaded = true;
      check();
    },
  };
}
