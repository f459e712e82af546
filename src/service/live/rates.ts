// What flows, for those who look: one line per rule, computed when the first viewer comes and for as long as one is there. However many look, it is
// computed at most ten times a second, and each viewer gets only the lines that changed. Called by rest/routes/live.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import type { RuleOverview } from '../rules/rule-overview.ts';

/** A tenth of a second: nobody reads faster. */
export const MIN_INTERVAL_MS = 100;
export const MAX_INTERVAL_MS = 60_000;
/** Of event streams of all kinds. */
export const MAX_VIEWERS = 32;

export interface RatesPush {
  atMs: number;
  /** True: all rules; what the viewer had before is gone. */
  all: boolean;
  rules: RuleOverview[];
  /** Ids that are no more. */
  gone: string[];
}

export interface RatesFeed {
  /** @param ready false: the viewer is behind; it is left out until it has caught up, and then gets everything
   *  @returns ends it; undefined: there are too many viewers */
  watch(intervalMs: number, push: (data: RatesPush) => void, ready?: () => boolean): (() => void) | undefined;
  /** For tests: viewers now, overviews computed and pushes made since the start. */
  readonly counts: { readonly viewers: number; readonly computed: number; readonly pushed: number };
}

export function createRatesFeed({ clock, overview }: { clock: Clock; overview(): RuleOverview[] }): RatesFeed {
  const counts = { viewers: 0, computed: 0, pushed: 0 };
  let latest: { atMs: number; madeMs: number; texts: Map<string, string>; rules: RuleOverview[] } | undefined;

  const look = () => {
    const nowMs = clock.monotonic();
    if (latest && nowMs - latest.madeMs < MIN_INTERVAL_MS) return latest;
    counts.computed++;
    const rules = overview();
    latest = { atMs: clock.now(), madeMs: nowMs, rules, texts: new Map(rules.map((r) => [r.id, JSON.stringify(r)])) };
    return latest;
  };
  return {
    counts,
    watch(intervalMs, push, ready = () => true) {
      if (counts.viewers >= MAX_VIEWERS) return undefined;
      counts.viewers++;
      const everyMs = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, intervalMs));
      let seen: ReadonlyMap<string, string> | undefined;
      let timer: TimerHandle | undefined;
      let ended = false;
      const turn = () => {
        if (ready()) show();
        else seen = undefined;
        if (!ended) timer = clock.setTimer(everyMs, turn);
      };
      const show = () => {
        const { atMs, rules, texts } = look();
        const before = seen;
        const data: RatesPush = {
          atMs,
          all: before === undefined,
          rules: before === undefined ? rules : rules.filter((r) => before.get(r.id) !== texts.get(r.id)),
          gone: before === undefined ? [] : [...before.keys()].filter((id) => !texts.has(id)),
        };
        seen = texts;
        counts.pushed++;
        push(data);
      };
      turn();
      return () => {
        if (ended) return;
        ended = true;
        counts.viewers--;
        if (timer !== undefined) clock.clear(timer);
        if (counts.viewers === 0) latest = undefined;
      };
    },
  };
}
