// What a function that counts what passes keeps per key (deadband, last_sent OVER (PARTITION BY …)): bounded by maxKeys and keyTTL as all state per
// key. In order of their newest rows where keys are forgotten. Called by hit.ts.
import type { CompileContext } from './context.ts';

/** Plain data. */
interface Box {
  state: unknown;
  /** Time of its newest row where keys are forgotten: event time, or of the monotonic clock. */
  atMs?: number;
}

export interface HitKeys {
  /** The state of a key, which may be one that is not kept: nothing may be changed in it. */
  look(key: string): Box;
  /** @param tsMs of the row  @throws rowError when there is no room for another key */
  take(key: string, tsMs: number): Box;
}

/** @param key of the call in the checkpoint */
export function createHitKeys(key: string, init: () => unknown, { states, env, keyLimits, eventTime }: CompileContext): HitKeys {
  const all = states.box(key, () => new Map<string, Box>()) as { state: Map<string, Box> };
  const forgetBefore = (nowMs: number): void => {
    const room = states.room(keyLimits);
    for (const [k, box] of all.state) {
      // the monotonic clock began anew with the process
      if (box.atMs === undefined || (!eventTime && box.atMs > nowMs)) box.atMs = nowMs;
      if (box.atMs >= nowMs - room.ttlMs) return;
      all.state.delete(k);
      room.forgotten();
    }
  };
  return {
    look: (k) => all.state.get(k) ?? { state: init() },
    take(k, tsMs) {
      const room = states.room(keyLimits);
      const nowMs = eventTime ? tsMs : env.clock.monotonic();
      if (room.ttlMs > 0) forgetBefore(nowMs);
      let box = all.state.get(k);
      if (box === undefined) {
        room.admit(all.state.size);
        box = { state: init() };
      } else if (room.ttlMs > 0) all.state.delete(k);
      if (room.ttlMs > 0) box.atMs = nowMs;
      all.state.set(k, box);
      room.count(all.state.size);
      return box;
    },
  };
}
