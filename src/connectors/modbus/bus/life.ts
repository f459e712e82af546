// What is known of a unit's life on its line, as values: (life, event) → life. Pure: no clock, no line, no randomness of its own. The table is in
// README.md beside this file; bus.ts feeds the events and carries out what follows. How long a unit is waited for: patience.ts.
import { delayMs } from '../../../base/backoff.ts';
import { slower } from './patience.ts';

/** Why a unit is set aside: nothing came, a gateway (or the unit itself, slower than its neighbours) said that it cannot be reached, or the other side ends
 *  the connection when it is asked. */
export type Failure = 'silent' | 'gateway' | 'cuts';

export interface UnitLife {
  /** Failed rounds since it last answered; 0: it is not set aside. */
  readonly failures: number;
  readonly failure: Failure | undefined;
  /** Monotonic ms of the first of these failures. */
  readonly failingSinceMs: number | undefined;
  /** Monotonic ms before which it is not asked: its late reply must not become the answer to another request. */
  readonly quietUntilMs: number;
  /** Set aside until then (monotonic ms); 0: not set aside. */
  readonly asideUntilMs: number;
  /** When it last answered on this connection; undefined: never. */
  readonly answeredAtMs: number | undefined;
  /** Slowest reply of late, beyond the time on the wire, ms. */
  readonly slowestMs: number | undefined;
  /** Set aside a moment ago after it had answered: tried again soon, at most a few times, whatever the share of probes. */
  readonly grace: boolean;
  /** Time that its silence cost, ms; taken out of the share of probes once it is clear that it is not noise. */
  readonly owedMs: number;
  /** Its late reply was seen: the next try waits for the whole time-out. Once, until it answers. */
  readonly heard: 'no' | 'yes' | 'used';
  /** Times that the line was lost while it was the last one asked, since it last answered. */
  readonly cuts: number;
}

export type Phase = 'unknown' | 'alive' | 'grace' | 'aside';

export type LifeEvent =
  /** A try begins. */
  | { readonly type: 'asked' }
  /** A reply, or a prompt exception. `tookMs` beyond the time on the wire; undefined for exceptions, which say nothing about how long a reply takes. */
  | { readonly type: 'answered'; readonly nowMs: number; readonly tookMs: number | undefined }
  /** Its reply is still expected until then, while others are asked. */
  | { readonly type: 'pending'; readonly untilMs: number }
  /** It asked for time: exceptions 5 and 6. */
  | { readonly type: 'busy'; readonly nowMs: number; readonly pauseMs: number }
  /** Nothing came within `waitMs` of its time-out. */
  | { readonly type: 'timedOut'; readonly nowMs: number; readonly waitMs: number; readonly timeoutMs: number; readonly quietMs: number }
  /** All tries of a request failed. */
  | {
      readonly type: 'failed';
      readonly nowMs: number;
      readonly failure: Failure;
      /** Time of the line that its tries took, ms. */
      readonly costMs: number;
      /** No other unit of the line answers either. */
      readonly lonely: boolean;
      /** Units that are set aside beside this one. */
      readonly otherAside: number;
      /** How long a probe rests the others at the most, ms; on lines that a probe blocks longer than usual. */
      readonly turnMs?: number;
      /** 0..1, uniform. */
      readonly random: number;
    }
  /** A frame of it that no request waits for. */
  | { readonly type: 'heardLate'; readonly nowMs: number }
  /** The line was lost, and this unit was the last one asked. */
  | { readonly type: 'cut' }
  /** The first answer on a line on which all were silent. */
  | { readonly type: 'revived' }
  /** The line was opened. */
  | { readonly type: 'lineUp' };

/** Probe pauses. The first ones are short: two lost replies on a noisy line are not death. */
const PROBES = { firstMs: 250, maxMs: 30_000, factor: 2 };
/** Probes of a unit that has just fallen silent, beside the share of the others. */
const GRACE_PROBES = 2;
/** Longest probe pause when no unit of the line answers: then nobody is kept waiting, and the first that returns is seen soon. */
const LONELY_PROBE_MS = 1000;
/** Part of the line's time that probes may take while other units live. */
export const PROBE_SHARE = 0.025;
/** Part of a long probe's rest that each unit set aside adds to the turns, ms. */
const MAX_TURN_MS = 10_000;

export const newLife: UnitLife = {
  failures: 0,
  failure: undefined,
  failingSinceMs: undefined,
  quietUntilMs: 0,
  asideUntilMs: 0,
  answeredAtMs: undefined,
  slowestMs: undefined,
  grace: false,
  owedMs: 0,
  heard: 'no',
  cuts: 0,
};

export function phaseOf(life: UnitLife): Phase {
  if (life.failures > 0) return life.grace ? 'grace' : 'aside';
  return life.answeredAtMs === undefined ? 'unknown' : 'alive';
}

/** @returns the life after the event */
export function lifeAfter(life: UnitLife, event: LifeEvent): UnitLife {
  switch (event.type) {
    case 'asked':
      return life.heard === 'yes' ? { ...life, heard: 'used' } : life;
    case 'answered':
      return {
        ...newLife,
        quietUntilMs: life.quietUntilMs,
        answeredAtMs: event.nowMs,
        slowestMs: event.tookMs === undefined ? life.slowestMs : slower(life.slowestMs, event.tookMs),
      };
    case 'pending':
      return { ...life, quietUntilMs: event.untilMs };
    case 'busy':
      return { ...life, quietUntilMs: event.nowMs + event.pauseMs };
    case 'timedOut':
      // also after a short wait its reply may come until its time-out is over
      return { ...life, quietUntilMs: event.nowMs + Math.max(0, event.timeoutMs - event.waitMs) + event.quietMs };
    case 'failed': {
      const failures = life.failures + 1;
      const grace = life.answeredAtMs !== undefined && failures <= GRACE_PROBES;
      const owedMs = life.owedMs + event.costMs;
      const backoffMs = delayMs(PROBES, life.failures, event.random);
      // each unit that is set aside gets its turn before this one comes again
      const turnMs =
        (life.failures === 0 && event.failure !== 'cuts') || grace
          ? 0
          : (event.otherAside + 1) * Math.min(owedMs / PROBE_SHARE, Math.max(MAX_TURN_MS, event.turnMs ?? 0));
      const pauseMs = event.lonely ? Math.min(backoffMs, LONELY_PROBE_MS) : Math.max(backoffMs, turnMs);
      return {
        ...life,
        failures,
        failure: event.failure,
        failingSinceMs: life.failingSinceMs ?? event.nowMs,
        grace,
        owedMs: grace ? owedMs : 0,
        asideUntilMs: event.nowMs + pauseMs,
      };
    }
    case 'heardLate':
      // when it was asked a moment ago it lives and is only slow
      if (life.heard !== 'no' || event.nowMs > life.quietUntilMs || phaseOf(life) === 'alive') return life;
      return { ...life, heard: 'yes', asideUntilMs: 0 };
    case 'cut':
      return { ...life, cuts: life.cuts + 1 };
    case 'revived':
      // who answered before is tried at once
      if (life.failures === 0 || life.answeredAtMs === undefined) return life;
      return { ...life, failures: 1, grace: true, asideUntilMs: 0 };
    case 'lineUp':
      // one that ends each connection is not tried at once on the next
      return {
        ...life,
        quietUntilMs: 0,
        asideUntilMs: life.failure === 'cuts' ? life.asideUntilMs : 0,
        answeredAtMs: undefined,
        heard: 'no',
      };
  }
}

/** Time (ms) by which a failure puts off the probes of all units together; 0 while it may be noise. */
export const restOf = (before: UnitLife, failed: UnitLife, costMs: number): number =>
  failed.grace ? 0 : (before.owedMs + costMs) / PROBE_SHARE;
