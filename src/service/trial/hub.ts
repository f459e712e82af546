// Results of trial rules on their way to whoever listens (the trial server's event streams). Results without a listener are kept
// for a short while, because a client opens its stream after it made the trial.

export interface TrialHub {
  publish(trialId: string, payload: string): void;
  /** Gets what was kept, then everything new. @returns ends the subscription */
  subscribe(trialId: string, listener: (payload: string) => void): () => void;
  /** Nothing more comes: what was kept is dropped. */
  forget(trialId: string): void;
}

/** Results kept for a trial that nobody listens to yet. */
const KEPT = 1000;

export function createTrialHub(): TrialHub {
  const listeners = new Map<string, Set<(payload: string) => void>>();
  const kept = new Map<string, string[]>();
  return {
    publish(id, payload) {
      const all = listeners.get(id);
      if (all?.size) {
        for (const listener of all) listener(payload);
        return;
      }
      let waiting = kept.get(id);
      if (!waiting) kept.set(id, (waiting = []));
      waiting.push(payload);
      if (waiting.length > KEPT) waiting.shift();
    },
    subscribe(id, listener) {
      let all = listeners.get(id);
      if (!all) listeners.set(id, (all = new Set()));
      all.add(listener);
      for (const payload of kept.get(id) ?? []) listener(payload);
      kept.delete(id);
      return () => {
        all.delete(listener);
        if (all.size === 0 && listeners.get(id) === all) listeners.delete(id);
      };
    },
    forget: (id) => void kept.delete(id),
  };
}
