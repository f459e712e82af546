// The scheduler of one physical line, shared by all rules and by writes: one request at a time, units in turn, gaps between frames, time-outs and
// retries per unit. Decides nothing itself: which request is next is schedule.ts, what is known of a unit life.ts, the connection line-keeper.ts, one
// request and its reply exchange.ts. README.md in this folder holds the table.

import type { Clock } from '../../../base/clock.ts';
import { ioError, messageOf } from '../../../base/errors/gateway-error.ts';
import type { Log } from '../../../base/log.ts';
import type { PooledConnection } from '../../../contract/context.ts';
import { ModbusException, type ModbusRequest, type ReplyCheck } from '../frame.ts';
import type { OpenTransport, Transport } from '../transport/transport.ts';
import { type Exchange, type Outcome, type StrayFrame, startExchange } from './exchange.ts';
import { Jobs, MAX_QUEUED } from './jobs.ts';
import type { Failure } from './life.ts';
import { LineKeeper } from './line-keeper.ts';
import { hintOf, refusal, reportOf, type UnitReport } from './report.ts';
import { CUT_COST_MS, Roster } from './roster.ts';
import { firstTurn, nextTurn, type Turn } from './schedule.ts';
import type { BusCounters, Job, Unit, UnitSettings } from './unit.ts';

/** Pause after a broadcast. @source Modbus over serial line 1.02, 2.4.1: 100 to 200 ms */
const BROADCAST_MS = 100;
/** Pause before a unit that said "busy" is asked again. */
const BUSY_MS = 50;
/** Longest wait for a line on which bytes come that nobody asked for. */
const MAX_BABBLE_MS = 200;

export class ModbusBus implements PooledConnection {
  readonly counters: BusCounters = { requests: 0, timeouts: 0, exceptions: 0, strays: 0, refused: 0 };
  /** Settings with which the line was opened, to compare with those of others. */
  readonly lineText: string;
  private readonly lenient: boolean;
  private readonly name: string;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly line: LineKeeper;
  private readonly roster: Roster;
  private readonly jobs: Jobs;
  private running = false;
  private closed = false;
  private turn: Turn = firstTurn;
  private wake: (() => void) | undefined;
  /** Ends a pause, whatever it waits for. */
  private endPause: (() => void) | undefined;
  private readonly underWay = new Set<Exchange>();
  private lastAsked: Unit | undefined;

  constructor(
    name: string,
    openTransport: OpenTransport,
    clock: Clock,
    log: Log,
    { lineText = '', random = Math.random, lenient = false }: { lineText?: string; random?: () => number; lenient?: boolean } = {},
  ) {
    this.lineText = lineText;
    this.lenient = lenient;
    this.name = name;
    this.clock = clock;
    this.log = log;
    this.roster = new Roster(random);
    this.jobs = new Jobs(this.roster);
    const events = {
      up: () => this.onUp(),
      down: (e: Error) => this.onDown(e),
      stray: (id: number, oddity?: string) => this.onStray(id, oddity),
    };
    this.line = new LineKeeper(name, openTransport, clock, log, events, random);
  }

  watch(onState: (up: boolean, message: string) => void): () => void {
    const unwatch = this.line.watch(onState);
    // a line that is watched is kept open, also while nobody asks
    this.kick();
    return unwatch;
  }

  get connected(): boolean {
    return this.line.connected;
  }

  /** Runs what must not be mixed with other writes to the unit (write and read back, read-change-write), one after the other. */
  inTurn<T>(unitId: number, work: () => Promise<T>): Promise<T> {
    const unit = this.roster.unit(unitId);
    const run = unit.turn.then(work, work);
    unit.turn = run.catch(() => undefined);
    return run;
  }

  /** Units that are set aside now. */
  get aside(): number[] {
    const now = this.clock.monotonic();
    return [...this.roster.units.values()].filter((u) => this.roster.probeInMs(u, now) > 0).map((u) => u.id);
  }

  /** What is known of a unit, for people; undefined when it was never asked. */
  report(unitId: number): UnitReport | undefined {
    const unit = this.roster.units.get(unitId);
    if (!unit) return undefined;
    const nowMs = this.clock.monotonic();
    return reportOf(unit, nowMs, this.roster.probeInMs(unit, nowMs));
  }

  /** Puts a request into the queue. Writes go before reads of the same unit.
   *  @returns the reply's data bytes  @throws ioError (time-out, line lost, unit set aside), ModbusException */
  request(request: ModbusRequest, settings: UnitSettings): Promise<Buffer> {
    if (this.closed) return Promise.reject(ioError(`bus ${this.name} is closed`));
    const unit = this.roster.unit(request.unit);
    const probeInMs = this.roster.probeInMs(unit, this.clock.monotonic());
    if (probeInMs > 0) {
      this.counters.refused++;
      return Promise.reject(refusal(unit.id, probeInMs));
    }
    if (this.jobs.isFull) return Promise.reject(ioError(`bus ${this.name}: ${MAX_QUEUED} requests are waiting already`));
    const promise = this.jobs.add(unit, request, settings);
    this.kick();
    return promise;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    const error = ioError(`bus ${this.name} is closed`);
    this.jobs.failAll(error);
    this.endPause?.();
    for (const exchange of this.underWay) exchange.abort(error);
    await this.line.close();
  }

  // ------------------------------------------------------------------------------------------------------------ the loop

  private kick(): void {
    this.wake?.();
    if (this.running) return;
    this.running = true;
    this.run().then(
      () => {
        this.running = false;
        if (this.hasWork()) this.kick();
      },
      (error) => {
        this.running = false;
        this.log.error({ code: 'INTERNAL', bus: this.name, cause: String(error) }, 'The bus scheduler failed.');
        this.jobs.failAll(error as Error);
      },
    );
  }

  /** Requests wait, or somebody watches a line that is not open. */
  private hasWork(): boolean {
    return !this.closed && (this.jobs.size > 0 || (this.line.watched && !this.line.transport));
  }

  private async run(): Promise<void> {
    while (this.hasWork()) {
      if (!this.line.transport) {
        const waitMs = this.line.waitMs;
        if (waitMs > 0) await this.pause(waitMs, false);
        if (this.hasWork()) await this.line.open();
        continue;
      }
      if (this.jobs.size === 0) return;
      const now = this.clock.monotonic();
      this.roster.passed(now);
      const choice = nextTurn(this.roster.waiting(now), this.turn, now, this.roster);
      if (choice.unit === undefined) {
        await this.pause(Math.max(1, choice.lookAtMs - now));
        continue;
      }
      this.turn = choice.turn;
      const unit = this.roster.unit(choice.unit);
      await this.serve(unit, this.jobs.take(unit, choice.kind));
    }
  }

  private async serve(unit: Unit, job: Job): Promise<void> {
    const transport = this.line.transport!;
    const startMs = this.clock.monotonic();
    await this.silence(transport, job.settings.gapMs, startMs);
    if (this.closed || this.line.transport !== transport) {
      job.reject(ioError(this.closed ? `bus ${this.name} is closed` : `bus ${this.name}: ${this.line.problem}`));
      return;
    }
    this.counters.requests++;
    unit.figures.requests++;
    job.tries++;
    const { timeoutMs } = job.settings;
    const limitMs = this.roster.limitMs(job, startMs);
    const waitMs = this.roster.waitMs(unit, job, startMs);
    this.roster.happen(unit, { type: 'asked' });
    const sentMs = this.clock.monotonic();
    const waits = { waitMs, limitMs };
    const stray = (frame: StrayFrame) => {
      this.counters.strays++;
      if (frame.late && transport.overlaps) this.onLate(unit, frame.check, sentMs);
      else if (frame.late || frame.oddity) this.onStray(job.request.unit, frame.oddity);
    };
    if (transport.overlaps) this.roster.sent(sentMs);
    const exchange = startExchange(transport, job.request, waits, this.clock, stray, this.lenient);
    this.underWay.add(exchange);
    this.lastAsked = unit;
    const outcome = await exchange.outcome;
    const now = this.clock.monotonic();
    job.waitedMs = Math.max(job.waitedMs, Math.min(waitMs, timeoutMs));
    if (outcome.kind !== 'pending') {
      this.underWay.delete(exchange);
      job.costMs += now - startMs;
      await this.conclude(unit, job, transport, outcome, waitMs, sentMs);
      return;
    }
    job.waitedMs = timeoutMs;
    this.roster.pend(unit, sentMs, limitMs);
    this.refuseWaitingProbes(this.roster.asideBeside(unit), now);
    void outcome.late.then(async (late) => {
      this.underWay.delete(exchange);
      this.roster.over(unit, this.clock.monotonic());
      job.costMs += waitMs;
      await this.conclude(unit, job, transport, late, timeoutMs, sentMs);
      this.kick();
    });
  }

  /** Waits for the gap between frames, and until nobody else speaks: a late reply, or another master. */
  private async silence(transport: Transport, gapMs: number, startMs: number): Promise<void> {
    let pauseMs = Math.max(transport.gapMs, gapMs);
    while (pauseMs > 0) {
      await this.clock.sleep(pauseMs);
      const silentMs = transport.silentMs?.() ?? Number.POSITIVE_INFINITY;
      const babbles = silentMs < transport.gapMs && this.clock.monotonic() - startMs < MAX_BABBLE_MS;
      pauseMs = babbles ? Math.max(1, transport.gapMs - silentMs) : 0;
    }
  }

  private async conclude(unit: Unit, job: Job, transport: Transport, outcome: Outcome, waitMs: number, sentMs: number): Promise<void> {
    const nowMs = this.clock.monotonic();
    const answered = outcome.kind === 'good' || outcome.kind === 'exception';
    const tookMs = answered ? Math.max(0, this.roster.ownMs(sentMs, nowMs) - transport.wireMs(job.request)) : 0;
    // taken only because it might have waited behind others, and it did not: the unit is slower than its time-out
    if (answered && transport.overlaps && tookMs > job.settings.timeoutMs && !this.roster.isBehind(sentMs)) {
      this.roster.late(sentMs, nowMs, outcome.kind === 'exception');
      unit.figures.strays++;
      return this.conclude(unit, job, transport, { kind: 'timeout' }, waitMs, sentMs);
    }
    switch (outcome.kind) {
      case 'good':
        this.answered(unit, nowMs, tookMs, 'reply');
        unit.tookMs = nowMs - sentMs;
        this.roster.replied(sentMs);
        unit.figures.lastError = '';
        unit.figures.oddity = '';
        job.resolve(outcome.data);
        return;
      case 'sent':
        // units need time to take a broadcast in
        await this.clock.sleep(BROADCAST_MS);
        job.resolve(Buffer.alloc(0));
        return;
      case 'exception':
        this.onException(unit, job, outcome.code, nowMs, tookMs);
        this.roster.replied(sentMs);
        return;
      case 'lost':
        this.line.lost(outcome.error, transport);
        this.onCut(unit, job, outcome.error);
        return;
      case 'timeout':
        this.counters.timeouts++;
        unit.figures.timeouts++;
        this.roster.happen(unit, { type: 'timedOut', nowMs, waitMs, timeoutMs: job.settings.timeoutMs, quietMs: job.settings.quietMs });
        if (this.roster.isTriedAgain(unit, job)) this.jobs.again(unit, job);
        else {
          const tries = `${job.tries} ${job.tries === 1 ? 'try' : 'tries'}`;
          this.setAside(
            unit,
            job,
            'silent',
            ioError(`unit ${unit.id} does not answer within ${job.waitedMs} ms (${tries})${hintOf(unit)}`),
          );
        }
        if (waitMs >= job.settings.timeoutMs) await this.line.timedOut(transport);
    }
  }

  private onException(unit: Unit, job: Job, code: number, nowMs: number, tookMs: number): void {
    this.counters.exceptions++;
    unit.figures.exceptions[code] = (unit.figures.exceptions[code] ?? 0) + 1;
    this.line.answered();
    const error = new ModbusException(job.request.unit, code);
    unit.figures.lastError = error.message;
    const { quietMs, retries } = job.settings;
    if (error.unreachable || this.roster.isSlowException(unit, job, code, tookMs)) {
      // the line was blocked so long; asking twice would block it again
      job.costMs = Math.max(job.costMs, tookMs);
      this.setAside(unit, job, 'gateway', error);
      return;
    }
    this.answered(unit, nowMs, tookMs, 'exception');
    if (error.retriable && job.tries <= retries) {
      this.roster.happen(unit, { type: 'busy', nowMs, pauseMs: Math.max(quietMs, BUSY_MS) });
      this.jobs.again(unit, job);
    } else job.reject(error);
  }

  /** @param tookMs beyond the time on the wire */
  private answered(unit: Unit, nowMs: number, tookMs: number, what: 'reply' | 'exception'): void {
    this.line.answered();
    unit.figures.answers++;
    unit.figures.lastAnswerMs = Math.round(tookMs * 10) / 10;
    unit.figures.answeredAtMs = Math.trunc(this.clock.now());
    if (this.roster.answered(unit, nowMs, what === 'reply' ? tookMs : undefined))
      this.log.info({ bus: this.name, unit: unit.id }, 'Unit answers again.');
  }

  /** The line is lost. A unit whose requests end it while others answer is set aside, so that the others keep their line. */
  private onCut(unit: Unit, job: Job, error: Error): void {
    if (this.closed || unit !== this.lastAsked || !this.roster.cut(unit, this.clock.monotonic())) {
      job.reject(error);
      return;
    }
    job.costMs = CUT_COST_MS;
    this.setAside(
      unit,
      job,
      'cuts',
      ioError(`the connection ends when unit ${unit.id} is asked, ${unit.life.cuts} times in a row: ${error.message}`),
    );
  }

  private onStray(unitId: number, oddity?: string): void {
    const unit = this.roster.units.get(unitId);
    if (!unit) return;
    unit.figures.strays++;
    if (oddity) unit.figures.oddity = oddity;
    this.roster.happen(unit, { type: 'heardLate', nowMs: this.clock.monotonic() });
  }

  /** A reply after its time-out, on a line where requests overlap: a gateway was blocked so long. */
  private onLate(unit: Unit, check: ReplyCheck, sentMs: number): void {
    const nowMs = this.clock.monotonic();
    this.line.answered();
    this.roster.late(sentMs, nowMs, check.kind === 'exception');
    unit.figures.strays++;
  }

  private setAside(unit: Unit, job: Job, failure: Failure, error: Error): void {
    const nowMs = this.clock.monotonic();
    unit.figures.lastError = error.message;
    // what a gateway waits for it, also when we do not
    job.costMs = Math.max(job.costMs, this.roster.blockMs);
    const { first, probeInMs, others } = this.roster.failed(unit, failure, job.costMs, nowMs);
    job.reject(error);
    this.jobs.fail(unit, error);
    this.refuseWaitingProbes(others, nowMs);
    if (first)
      this.log.warn(
        { code: 'MODBUS_UNIT', bus: this.name, unit: unit.id, probeInMs, cause: error.message },
        'Unit does not answer; set aside.',
      );
  }

  /** Units that wait for a probe have to wait longer now: their callers get an answer rather than being kept. */
  private refuseWaitingProbes(units: readonly Unit[], nowMs: number): void {
    for (const unit of units) {
      const probeInMs = this.roster.probeInMs(unit, nowMs);
      if (probeInMs > 0) this.jobs.fail(unit, refusal(unit.id, probeInMs));
    }
  }

  // ------------------------------------------------------------------------------------------------------------ the line

  private onUp(): void {
    this.roster.lineUp(this.line.transport?.overlaps === true);
  }

  private onDown(error: Error): void {
    for (const exchange of this.underWay) exchange.abort(error);
    this.jobs.failAll(ioError(messageOf(error), error));
    this.kick();
  }

  /** @param wakeable a new request ends the pause */
  private pause(ms: number, wakeable = true): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.clock.clear(timer);
        if (this.wake === done) this.wake = undefined;
        if (this.endPause === done) this.endPause = undefined;
        resolve();
      };
      const timer = this.clock.setTimer(ms, done);
      this.endPause = done;
      if (wakeable) this.wake = done;
    });
  }
}
