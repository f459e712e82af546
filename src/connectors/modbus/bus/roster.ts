// The units of one line and what is known of them together: who lives, how long a unit is waited for, when the next probe may go out. No clock and no
// line of its own: bus.ts passes the moments. The life of one unit: life.ts.
import { type Failure, type LifeEvent, lifeAfter, PROBE_SHARE, phaseOf, restOf } from './life.ts';
import { shortWaitMs } from './patience.ts';
import { type Caution, MAX_PENDING, type Waiting } from './schedule.ts';
import { createUnit, type Job, type Unit } from './unit.ts';

/** One probe in so many waits for the whole time-out, the others as long as their neighbours need at most. */
const FULL_PROBE_EVERY = 8;
/** After many units fell silent at once, probes rest so long at most. */
const MAX_PROBE_REST_MS = 30_000;
/** The same where probes block the line: so many times as long as one does. */
const MAX_PROBE_REST = 14;
/** A gateway that is not known yet may wait so long for a unit; one that is known, so many times as long as it did, and so long at the least. */
const MAX_BLOCK_MS = 10_000;
const BLOCK_LIMIT = 1.5;
const LEAST_BLOCK_MS = 500;
/** A unit lives when it answered within this time. */
const LIVING_MS = 60_000;
/** An exception that takes longer than its neighbours' answers comes from a gateway that waited for the unit. */
const SLOW_EXCEPTION_MS = 250;
const SLOW_EXCEPTION_FACTOR = 4;
/** An answer behind an abandoned request that takes longer (and longer than usual) waited for the gateway. */
const LATE_MS = 100;
/** A gateway that waited for a unit may need a little longer the next time. */
const BLOCK_ROOM = 1.1;
/** Units that are not known are asked so far apart while several requests are unanswered. */
const UNKNOWN_PACE_MS = 750;
/** A unit that ends the connection rests so long at the least, and each time costs the others so much, ms. */
const CUT_REST_MS = 30_000;
export const CUT_COST_MS = 1000;
/** One that was asked when a connection was lost lets the others go first on the next one, to see whether they answer, ms. */
const HOLD_MS = 100;
/** Lost connections in a row, after each of which others answered, until it is clear which unit ends them. */
const CUTS = 2;
/** While units that answer want the line, units that block it get one part in so many of its time. */
const BLOCKED_REST = 9;

export class Roster implements Caution {
  readonly units = new Map<number, Unit>();
  blockMs = 0;
  unknownAtMs = 0;
  /** No probe before (monotonic ms), while other units live. */
  private probeAtMs = 0;
  /** The gateway says so when it cannot reach a unit; false: it only blocks. */
  private speaks = false;
  /** Moments at which requests were sent that nothing came for yet, in order: a gateway may be blocked by them, also after their time-out. */
  private sentAtMs: number[] = [];
  /** When a reply came last. */
  private repliedAtMs = 0;
  overlaps = false;
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  get blockedUntilMs(): number {
    return (this.sentAtMs.at(-1) ?? 0) + BLOCK_ROOM * this.blockMs;
  }

  get pending(): number {
    return this.sentAtMs.length;
  }

  /** A request goes out on a line on which requests overlap. */
  sent(nowMs: number): void {
    this.sentAtMs.push(nowMs);
  }

  /** A reply came to what was sent then: what was sent before does not block the line any more. */
  replied(sentMs: number): void {
    this.sentAtMs = this.sentAtMs.filter((ms) => ms > sentMs);
  }

  /** Whether something that was sent earlier may have held up what was sent then. */
  isBehind(sentMs: number): boolean {
    return this.sentAtMs.some((ms) => ms < sentMs);
  }

  /** A reply came after its time-out. @param refused a gateway says that it cannot reach the unit */
  late(sentMs: number, nowMs: number, refused: boolean): void {
    const tookMs = this.ownMs(sentMs, nowMs);
    if (refused) this.speaks = true;
    if (tookMs > LATE_MS) this.blocked(tookMs, nowMs);
    this.replied(sentMs);
  }

  /** What was sent so long ago does not block the line any more, whatever became of it. */
  passed(nowMs: number): void {
    if (this.stillBlockedMs(nowMs) === 0) this.sentAtMs = [];
  }

  /** How long a request may block a line, ms. */
  private get blockLimitMs(): number {
    return this.blockMs > 0 ? Math.max(LEAST_BLOCK_MS, BLOCK_LIMIT * this.blockMs) : MAX_BLOCK_MS;
  }

  /** How long the line may still be blocked by what was sent before, ms: a reply is not late because it waits behind that. */
  stillBlockedMs(nowMs: number): number {
    const first = this.sentAtMs[0];
    // alone on its line a unit waits behind nobody but itself
    if (first === undefined || this.units.size === 1) return 0;
    return Math.max(0, Math.max(first, this.repliedAtMs) + this.blockLimitMs * this.sentAtMs.length - nowMs);
  }

  unit(id: number): Unit {
    let u = this.units.get(id);
    if (!u) {
      u = createUnit(id);
      this.units.set(id, u);
    }
    return u;
  }

  *waiting(nowMs: number): Iterable<Waiting> {
    const proven = this.isProven();
    for (const unit of this.units.values()) {
      const { id, reads, writes, life } = unit;
      const heldUntilMs = proven || life.cuts === 0 || reads.length + writes.length === 0 ? 0 : (unit.heldUntilMs ??= nowMs + HOLD_MS);
      const quietUntilMs = Math.max(life.quietUntilMs, heldUntilMs);
      yield { id, reads: reads.length, writes: writes.length, quietUntilMs, known: phaseOf(life) === 'alive' };
    }
  }

  /** A unit has answered on this connection. */
  private isProven(): boolean {
    for (const { life } of this.units.values()) if (phaseOf(life) === 'alive') return true;
    return false;
  }

  /** The line was lost, and this unit was the last one asked. @returns whether it ends connections over which others answer */
  cut(unit: Unit, nowMs: number): boolean {
    this.happen(unit, { type: 'cut' });
    return unit.life.cuts >= CUTS && !this.isLonely(nowMs, unit);
  }

  happen(unit: Unit, event: LifeEvent): void {
    if (event.type === 'asked' || event.type === 'lineUp') unit.heldUntilMs = undefined;
    unit.life = lifeAfter(unit.life, event);
  }

  /** The reply is not there after its short wait and may still come. */
  pend(unit: Unit, sentMs: number, timeoutMs: number): void {
    if (this.sentAtMs.length >= MAX_PENDING) this.unknownAtMs = Math.max(this.unknownAtMs, sentMs + UNKNOWN_PACE_MS);
    // a probe that blocks the line has its cost now, not only when its time-out is over
    if (unit.life.failures > 0 && this.blockMs > 0) this.rest(this.blockMs / PROBE_SHARE, sentMs);
    this.happen(unit, { type: 'pending', untilMs: sentMs + timeoutMs });
  }

  /** It came, or does not any more. */
  over(unit: Unit, nowMs: number): void {
    this.happen(unit, { type: 'pending', untilMs: nowMs });
  }

  /** Time of a reply without what it spent behind replies to earlier requests, ms. */
  ownMs(sentMs: number, nowMs: number): number {
    const ms = nowMs - Math.max(sentMs, Math.min(this.repliedAtMs, nowMs));
    this.repliedAtMs = nowMs;
    return ms;
  }

  /** @param tookMs beyond the time on the wire; undefined for an exception  @returns whether the unit was set aside until now */
  answered(unit: Unit, nowMs: number, tookMs: number | undefined): boolean {
    if (this.isLonely(nowMs)) {
      // the first answer after all were silent, as when a cable is back
      this.probeAtMs = 0;
      for (const u of this.units.values()) this.happen(u, { type: 'revived' });
    }
    const wasAside = unit.life.failures > 0;
    this.happen(unit, { type: 'answered', nowMs, tookMs: tookMs !== undefined && this.wasBlocked(tookMs, nowMs) ? undefined : tookMs });
    return wasAside;
  }

  /** Whether an answer was late only because its request waited behind one that is not answered: what silence behind a gateway costs is learned from it. */
  private wasBlocked(tookMs: number, nowMs: number): boolean {
    const sentMs = nowMs - tookMs;
    const earlier = this.sentAtMs.filter((ms) => ms < sentMs);
    if (earlier.length === 0 || tookMs <= Math.max(LATE_MS, SLOW_EXCEPTION_FACTOR * (this.slowestMs() ?? 0))) return false;
    this.blocked((nowMs - (earlier[0] ?? sentMs)) / earlier.length, nowMs);
    this.rest(tookMs / PROBE_SHARE, nowMs);
    return true;
  }

  private blocked(blockMs: number, nowMs: number): void {
    this.blockMs = blockMs;
    this.unknownAtMs = nowMs + BLOCKED_REST * blockMs;
  }

  private rest(restMs: number, nowMs: number): void {
    const mostMs = Math.max(MAX_PROBE_REST_MS, MAX_PROBE_REST * this.blockMs);
    this.probeAtMs = Math.min(nowMs + mostMs, Math.max(nowMs, this.probeAtMs) + restMs);
  }

  /** All tries of a request failed. @returns the units that are set aside beside this one, and whether this one is news */
  failed(unit: Unit, failure: Failure, costMs: number, nowMs: number): { first: boolean; probeInMs: number; others: Unit[] } {
    const before = unit.life;
    const others = [...this.units.values()].filter((u) => u !== unit && u.life.failures > 0);
    // units that were not asked yet may live
    const lonely = this.isLonely(nowMs, unit) && !this.isUnknownWaiting();
    const turnMs = failure === 'cuts' ? CUT_REST_MS : MAX_PROBE_REST * this.blockMs;
    this.happen(unit, { type: 'failed', nowMs, failure, costMs, lonely, otherAside: others.length, turnMs, random: this.random() });
    const restMs = restOf(before, unit.life, costMs);
    if (restMs > 0 && !lonely) this.rest(restMs, nowMs);
    if (failure === 'gateway') {
      this.speaks = true;
      this.blocked(costMs, nowMs);
    }
    return { first: before.failures === 0, probeInMs: Math.round(unit.life.asideUntilMs - nowMs), others };
  }

  asideBeside(unit: Unit): Unit[] {
    return [...this.units.values()].filter((u) => u !== unit && u.life.failures > 0);
  }

  /** Nothing is known of the units of a line that was opened. */
  lineUp(overlaps: boolean): void {
    this.overlaps = overlaps;
    this.probeAtMs = 0;
    this.blockMs = 0;
    this.unknownAtMs = 0;
    this.speaks = false;
    this.repliedAtMs = 0;
    for (const u of this.units.values()) this.happen(u, { type: 'lineUp' });
  }

  /** Ms until a unit that is set aside may be tried again; 0 for others. */
  probeInMs({ life }: Unit, nowMs: number): number {
    if (life.failures === 0) return 0;
    const soon = life.grace || life.heard === 'yes' || this.isLonely(nowMs);
    return Math.max(0, (soon ? life.asideUntilMs : Math.max(life.asideUntilMs, this.probeAtMs)) - nowMs);
  }

  /** How long a reply is still taken, beyond the time on the wire, ms. */
  limitMs({ settings }: Job, nowMs: number): number {
    // a scan finds most units absent, one after the other: it would wait for each of them once more
    return settings.patient ? settings.timeoutMs : settings.timeoutMs + this.stillBlockedMs(nowMs);
  }

  /** How long a try is waited for, beyond the time on the wire, ms. Writes wait for the whole time-out; reads of a unit in doubt do not while others
   *  want the line. */
  waitMs(unit: Unit, job: Job, nowMs: number): number {
    const limitMs = this.limitMs(job, nowMs);
    if (job.settings.patient) return limitMs;
    const { tookMs } = unit;
    if (this.isPatient(unit, job)) {
      const quickMs = this.overlaps && job.request.fn <= 4 ? this.quickestMs(unit) : undefined;
      // it answers, and so slowly that the others need not wait for it
      if (quickMs !== undefined && tookMs > shortWaitMs(quickMs, false)) return shortWaitMs(quickMs, false);
      return limitMs;
    }
    return Math.min(job.settings.timeoutMs, shortWaitMs(unit.life.slowestMs ?? this.slowestMs(), unit.life.slowestMs !== undefined));
  }

  /** Whether an exception took so long that it is not an answer of the unit: a gateway waited for it in vain. */
  isSlowException(unit: Unit, job: Job, code: number, tookMs: number): boolean {
    if (job.request.fn > 4 || code === 5 || code === 6) return false;
    const usualMs = unit.life.slowestMs ?? this.slowestMs();
    return tookMs > Math.max(SLOW_EXCEPTION_MS, SLOW_EXCEPTION_FACTOR * (usualMs ?? 0));
  }

  /** Whether a unit that has just not answered gets its further tries: not when each of them blocks the others. */
  isTriedAgain({ life }: Unit, { tries, settings }: Job): boolean {
    if (life.failures > 0 || tries > settings.retries) return false;
    return this.blockMs === 0 || phaseOf(life) === 'alive' || this.units.size === 1;
  }

  private isUnknownWaiting(): boolean {
    for (const u of this.units.values()) if (phaseOf(u.life) === 'unknown' && u.reads.length + u.writes.length > 0) return true;
    return false;
  }

  /** No unit (beside this one) has answered of late. */
  private isLonely(nowMs: number, beside?: Unit): boolean {
    for (const u of this.units.values())
      if (u !== beside && phaseOf(u.life) === 'alive' && nowMs - u.life.answeredAtMs! < LIVING_MS) return false;
    return true;
  }

  private slowestMs(): number | undefined {
    let slowestMs: number | undefined;
    for (const { life } of this.units.values()) if (life.slowestMs !== undefined) slowestMs = Math.max(slowestMs ?? 0, life.slowestMs);
    return slowestMs;
  }

  /** How long the quickest of the others needs. */
  private quickestMs(beside: Unit): number | undefined {
    let quickMs: number | undefined;
    for (const u of this.units.values())
      if (u !== beside && u.life.slowestMs !== undefined && u.life.failures === 0)
        quickMs = Math.min(quickMs ?? Infinity, u.life.slowestMs);
    return quickMs;
  }

  private isPatient(unit: Unit, { request, tries }: Job): boolean {
    const { life } = unit;
    if (request.fn > 4 || life.heard === 'yes' || this.units.size === 1) return true;
    // a gateway that waits for the unit blocks the line whether its answer is waited for or not
    if (this.speaks && phaseOf(life) !== 'alive') return true;
    // not all at once: the first that returns must not wait for the time-outs of all others
    if (life.failures > 0) return (life.failures + unit.id) % FULL_PROBE_EVERY === 0;
    if (life.answeredAtMs !== undefined) return tries === 1;
    for (const u of this.units.values())
      if (u !== unit && (u.life.answeredAtMs !== undefined || u.reads.length + u.writes.length > 0)) return false;
    return true;
  }
}
