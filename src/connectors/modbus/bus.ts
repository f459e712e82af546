// The scheduler of one physical bus, shared by all rules and by writes: one request at a time, units in turn, gaps between frames, time-outs and
// retries per unit. A unit that does not answer is left in peace for its quiet time (its late reply must not become the answer to the next
// request), and after its retries it is set aside and probed; probes share a small part of the bus as long as other units live. How long a unit
// in doubt is waited for: patience.ts.

import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError, messageOf } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { PooledConnection } from '../../contract/context.ts';
import { type BusCounters, createUnit, type Job, type Outcome, type UnitSettings, type UnitState } from './bus-unit.ts';
import { checkReply, ModbusException, type ModbusRequest } from './frame.ts';
import { shortWaitMs, slower } from './patience.ts';
import type { OpenTransport, Transport } from './transport/transport.ts';

/** Probes of a unit that has just fallen silent, beside the share of the others. */
const GRACE_PROBES = 2;
/** One probe in so many waits for the whole time-out, the others as long as its neighbours need at most. */
const FULL_PROBE_EVERY = 8;
/** Longest probe pause when no unit of the bus answers: then nobody is kept waiting, and the first that returns is seen soon. */
const LONELY_PROBE_MS = 1000;
/** Part of the bus's time that probes may take while other units live. */
const PROBE_SHARE = 0.025;
/** After many units fell silent at once, probes rest so long at most. */
const MAX_PROBE_REST_MS = 30_000;
/** Part of a long probe's rest that each unit set aside adds to the turns. */
const MAX_TURN_MS = 10_000;
/** A unit lives when it answered within this time. */
const LIVING_MS = 60_000;
/** Together with a reader's cycle of 1 s a line that is back is used within 3 s. */
const MAX_REOPEN_MS = 1000;
/** After so long a connection counts as stable. */
const STABLE_MS = 5000;
/** Writes go first, but after so many in a row a read gets its turn. */
const MAX_WRITES_IN_ROW = 4;
/** So many time-outs on end over a socket, and the connection is made anew: the peer may have gone without a word, or the framing is lost. */
const SILENT_LIMIT = 3;
const RENEW_EVERY_MS = 3000;
/** Pause after a broadcast. @source Modbus over serial line 1.02, 2.4.1: 100 to 200 ms */
const BROADCAST_MS = 100;
/** Pause before a unit that said "busy" is asked again. */
const BUSY_MS = 50;
/** Longest wait for a line on which bytes come that nobody asked for. */
const MAX_BABBLE_MS = 200;
const MAX_QUEUED = 10_000;

const refusal = (unit: number, probeInMs: number): Error =>
  ioError(`unit ${unit} does not answer; tried again in ${Math.ceil(probeInMs / 1000)} s`);

export class ModbusBus implements PooledConnection {
  readonly counters: BusCounters = { requests: 0, timeouts: 0, exceptions: 0, strays: 0, refused: 0 };
  /** Settings with which the line was opened, to compare with those of others. */
  readonly lineText: string;
  private readonly name: string;
  private readonly random: () => number;
  private readonly openTransport: OpenTransport;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly units = new Map<number, UnitState>();
  private readonly watchers = new Set<(up: boolean, message: string) => void>();
  private readonly reopen: Backoff;
  private transport: Transport | undefined;
  private running = false;
  private renewing = false;
  private closed = false;
  private queued = 0;
  private lastRead = -1;
  private lastWrite = -1;
  private writesInRow = 0;
  /** No probe before (monotonic ms), while other units live. */
  private probeAtMs = 0;
  /** Time-outs since the last frame that fitted. */
  private silent = 0;
  private renewAtMs = 0;
  private wake: (() => void) | undefined;
  /** Ends a pause, whatever it waits for. */
  private endPause: (() => void) | undefined;
  /** Ends the exchange under way when the line is lost. */
  private abort: ((error: Error) => void) | undefined;
  private openAgainAtMs = 0;
  private openedAtMs = 0;
  private problem = 'not connected yet';

  constructor(
    name: string,
    openTransport: OpenTransport,
    clock: Clock,
    log: Log,
    { lineText = '', random = Math.random }: { lineText?: string; random?: () => number } = {},
  ) {
    this.lineText = lineText;
    this.random = random;
    this.name = name;
    this.openTransport = openTransport;
    this.clock = clock;
    this.log = log;
    this.reopen = createBackoff({ firstMs: 250, maxMs: MAX_REOPEN_MS, random });
  }

  watch(onState: (up: boolean, message: string) => void): () => void {
    this.watchers.add(onState);
    onState(this.transport !== undefined, this.transport ? '' : this.problem);
    // a line that is watched is kept open, also while nobody asks
    this.kick();
    return () => this.watchers.delete(onState);
  }

  get connected(): boolean {
    return this.transport !== undefined || this.renewing;
  }

  /** Runs what must not be mixed with other writes to the unit (write and read back, read-change-write), one after the other. */
  inTurn<T>(unitId: number, work: () => Promise<T>): Promise<T> {
    const unit = this.unit(unitId);
    const run = unit.turn.then(work, work);
    unit.turn = run.catch(() => undefined);
    return run;
  }

  /** Units that are set aside now. */
  get aside(): number[] {
    const now = this.clock.monotonic();
    return [...this.units.values()].filter((u) => this.probeInMs(u, now) > 0).map((u) => u.id);
  }

  /** Puts a request into the queue. Writes go before reads of the same unit.
   *  @returns the reply's data bytes  @throws ioError (time-out, line lost, unit set aside), ModbusException */
  request(request: ModbusRequest, settings: UnitSettings): Promise<Buffer> {
    if (this.closed) return Promise.reject(ioError(`bus ${this.name} is closed`));
    const unit = this.unit(request.unit);
    const now = this.clock.monotonic();
    const probeInMs = this.probeInMs(unit, now);
    if (probeInMs > 0) {
      this.counters.refused++;
      return Promise.reject(refusal(unit.id, probeInMs));
    }
    if (this.queued >= MAX_QUEUED) return Promise.reject(ioError(`bus ${this.name}: ${MAX_QUEUED} requests wait already`));
    const queue = request.fn <= 4 ? unit.reads : unit.writes;
    if (request.fn <= 4) {
      const same = queue.find(({ request: r }) => r.fn === request.fn && r.address === request.address && r.count === request.count);
      if (same) return same.promise;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    queue.push({ request, settings, tries: 0, waitedMs: 0, costMs: 0, promise, resolve, reject });
    this.queued++;
    this.kick();
    return promise;
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.failAll(ioError(`bus ${this.name} is closed`));
    this.watchers.clear();
    this.endPause?.();
    this.abort?.(ioError(`bus ${this.name} is closed`));
    const t = this.transport;
    this.transport = undefined;
    await t?.close();
  }

  // ------------------------------------------------------------------------------------------------------------ the loop

  private unit(id: number): UnitState {
    let u = this.units.get(id);
    if (!u) {
      u = createUnit(id, this.random);
      this.units.set(id, u);
    }
    return u;
  }

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
        this.log.error({ code: 'INTERNAL', bus: this.name, error: String(error) }, 'The bus scheduler failed.');
        this.failAll(error as Error);
      },
    );
  }

  /** Requests wait, or somebody watches a line that is not open. */
  private hasWork(): boolean {
    return !this.closed && (this.queued > 0 || (this.watchers.size > 0 && !this.transport));
  }

  private async run(): Promise<void> {
    while (this.hasWork()) {
      if (!this.transport && !(await this.open())) continue;
      if (this.queued === 0) return;
      const now = this.clock.monotonic();
      const job = this.next(now);
      if (typeof job === 'number') {
        await this.pause(Math.max(1, job - now));
        continue;
      }
      this.queued--;
      await this.serve(this.unit(job.request.unit), job);
    }
  }

  /** Ms until a unit that is set aside may be tried again; 0 for others. */
  private probeInMs(unit: UnitState, nowMs: number): number {
    if (unit.probes.tries === 0) return 0;
    const atMs =
      unit.grace || unit.heard === 'yes' || this.isLonely(nowMs) ? unit.asideUntilMs : Math.max(unit.asideUntilMs, this.probeAtMs);
    return Math.max(0, atMs - nowMs);
  }

  private isLonely(nowMs: number): boolean {
    for (const u of this.units.values())
      if (u.probes.tries === 0 && u.answeredAtMs !== undefined && nowMs - u.answeredAtMs < LIVING_MS) return false;
    return true;
  }

  /** The next request: units in turn, writes before reads. @returns the moment to look again when all units must be left in peace */
  private next(nowMs: number): Job | number {
    let soonestMs = Number.POSITIVE_INFINITY;
    let write: UnitState | undefined;
    let firstWrite: UnitState | undefined;
    let read: UnitState | undefined;
    let firstRead: UnitState | undefined;
    for (const u of this.units.values()) {
      if (u.writes.length + u.reads.length === 0) continue;
      if (u.quietUntilMs > nowMs) {
        soonestMs = Math.min(soonestMs, u.quietUntilMs);
        continue;
      }
      if (u.writes.length > 0) {
        if (!firstWrite || u.id < firstWrite.id) firstWrite = u;
        if (u.id > this.lastWrite && (!write || u.id < write.id)) write = u;
      }
      if (u.reads.length > 0) {
        if (!firstRead || u.id < firstRead.id) firstRead = u;
        if (u.id > this.lastRead && (!read || u.id < read.id)) read = u;
      }
    }
    write ??= firstWrite;
    read ??= firstRead;
    if (write && (!read || this.writesInRow < MAX_WRITES_IN_ROW)) {
      this.lastWrite = write.id;
      this.writesInRow++;
      return write.writes.shift()!;
    }
    if (!read) return soonestMs;
    this.lastRead = read.id;
    this.writesInRow = 0;
    return read.reads.shift()!;
  }

  private async serve(unit: UnitState, job: Job): Promise<void> {
    const transport = this.transport!;
    const startMs = this.clock.monotonic();
    let pauseMs = Math.max(transport.gapMs, job.settings.gapMs);
    while (pauseMs > 0) {
      await this.clock.sleep(pauseMs);
      // somebody still speaks: a late reply, or another master
      const silentMs = transport.silentMs?.() ?? Number.POSITIVE_INFINITY;
      pauseMs =
        silentMs < transport.gapMs && this.clock.monotonic() - startMs < MAX_BABBLE_MS ? Math.max(1, transport.gapMs - silentMs) : 0;
    }
    if (this.closed) {
      job.reject(ioError(`bus ${this.name} is closed`));
      return;
    }
    if (this.transport !== transport) {
      job.reject(ioError(`bus ${this.name}: ${this.problem}`));
      return;
    }
    this.counters.requests++;
    job.tries++;
    const { timeoutMs, quietMs, retries } = job.settings;
    const waitMs = this.isPatient(unit, job) ? timeoutMs : this.shortMs(unit, timeoutMs);
    if (unit.heard === 'yes') unit.heard = 'used';
    const sentMs = this.clock.monotonic();
    const outcome = await this.exchange(transport, job, waitMs);
    const now = this.clock.monotonic();
    job.waitedMs = Math.max(job.waitedMs, waitMs);
    job.costMs += now - startMs;
    if (outcome.kind === 'good' || outcome.kind === 'exception')
      this.onAnswer(unit, now, Math.max(0, now - sentMs - transport.wireMs(job.request)));
    if (outcome.kind === 'good') {
      job.resolve(outcome.data);
      return;
    }
    if (outcome.kind === 'sent') {
      // a broadcast has no reply; units need time to take it in
      await this.clock.sleep(BROADCAST_MS);
      job.resolve(Buffer.alloc(0));
      return;
    }
    if (outcome.kind === 'exception') {
      this.counters.exceptions++;
      const error = new ModbusException(job.request.unit, outcome.code);
      if (error.retriable && job.tries <= retries) {
        unit.quietUntilMs = now + Math.max(quietMs, BUSY_MS);
        this.again(unit, job);
      } else job.reject(error);
      return;
    }
    if (outcome.kind === 'lost') {
      this.onLost(outcome.error, transport);
      job.reject(outcome.error);
      return;
    }
    this.counters.timeouts++;
    // also after a short wait its reply may come until its time-out is over
    unit.quietUntilMs = now + (timeoutMs - waitMs) + quietMs;
    // a unit that is being probed gets one try, not all of them
    if (job.tries <= retries && unit.probes.tries === 0) this.again(unit, job);
    else this.setAside(unit, job);
    if (waitMs === timeoutMs && transport.renewable && ++this.silent >= SILENT_LIMIT && now >= this.renewAtMs) await this.renew(transport);
  }

  /** Also an exception is an answer. @param tookMs beyond the time on the wire */
  private onAnswer(unit: UnitState, nowMs: number, tookMs: number): void {
    this.silent = 0;
    if (this.isLonely(nowMs)) this.onRevival();
    if (unit.probes.tries > 0) this.log.info({ bus: this.name, unit: unit.id }, 'Unit answers again.');
    unit.answeredAtMs = nowMs;
    unit.slowestMs = slower(unit.slowestMs, tookMs);
    unit.asideUntilMs = 0;
    unit.grace = false;
    unit.owedMs = 0;
    unit.heard = 'no';
    unit.probes.reset();
  }

  /** The first answer after all were silent, as when a cable is back: who answered before is tried at once, whatever the share of probes. */
  private onRevival(): void {
    this.probeAtMs = 0;
    for (const u of this.units.values()) {
      if (u.probes.tries === 0 || u.answeredAtMs === undefined) continue;
      u.probes.reset();
      u.probes.next();
      u.grace = true;
      u.asideUntilMs = 0;
    }
  }

  /** A frame of a unit whose reply is not waited for: when we asked it a moment ago, it lives and is only slow. */
  private onStray(unitId: number): void {
    const unit = this.units.get(unitId);
    if (unit?.heard !== 'no' || this.clock.monotonic() > unit.quietUntilMs) return;
    if (unit.answeredAtMs !== undefined && unit.probes.tries === 0) return;
    unit.heard = 'yes';
    unit.asideUntilMs = 0;
  }

  /** Whether this try waits for the whole time-out. Writes always do; reads of a unit in doubt do not while others want the bus. */
  private isPatient(unit: UnitState, job: Job): boolean {
    if (job.settings.patient || job.request.fn > 4 || unit.heard === 'yes' || this.units.size === 1) return true;
    // not all at once: the first that returns must not wait for the time-outs of all others
    if (unit.probes.tries > 0) return (unit.probes.tries + unit.id) % FULL_PROBE_EVERY === 0;
    if (unit.answeredAtMs !== undefined) return job.tries === 1;
    for (const u of this.units.values())
      if (u !== unit && (u.answeredAtMs !== undefined || u.reads.length + u.writes.length > 0)) return false;
    return true;
  }

  private shortMs(unit: UnitState, timeoutMs: number): number {
    let slowestMs = unit.slowestMs;
    if (slowestMs === undefined)
      for (const u of this.units.values()) if (u.slowestMs !== undefined) slowestMs = Math.max(slowestMs ?? 0, u.slowestMs);
    return Math.min(timeoutMs, shortWaitMs(slowestMs, unit.slowestMs !== undefined));
  }

  /** Closes a connection over which nothing comes, and makes a new one. Units that are set aside stay so. */
  private async renew(transport: Transport): Promise<void> {
    this.silent = 0;
    this.renewAtMs = this.clock.monotonic() + RENEW_EVERY_MS;
    this.log.info({ bus: this.name }, 'Nothing comes over this connection; it is made anew.');
    this.renewing = true;
    this.transport = undefined;
    try {
      await transport.close();
      if (!this.closed) await this.open(true);
    } finally {
      this.renewing = false;
    }
  }

  private again(unit: UnitState, job: Job): void {
    (job.request.fn <= 4 ? unit.reads : unit.writes).unshift(job);
    this.queued++;
  }

  private setAside(unit: UnitState, job: Job): void {
    const first = unit.probes.tries === 0;
    const now = this.clock.monotonic();
    const backoffMs = unit.probes.next();
    const dead = [...this.units.values()].filter((u) => u.probes.tries > 0);
    const lonely = this.isLonely(now);
    unit.grace = unit.answeredAtMs !== undefined && unit.probes.tries <= GRACE_PROBES;
    unit.owedMs += job.costMs;
    const shareMs = unit.owedMs / PROBE_SHARE;
    // each gets its turn before this one comes again
    const turnMs = first || unit.grace ? 0 : dead.length * Math.min(shareMs, MAX_TURN_MS);
    const pauseMs = lonely ? Math.min(backoffMs, LONELY_PROBE_MS) : Math.max(backoffMs, turnMs);
    unit.asideUntilMs = now + pauseMs;
    if (!unit.grace) {
      unit.owedMs = 0;
      if (!lonely) this.probeAtMs = Math.min(now + MAX_PROBE_REST_MS, Math.max(now, this.probeAtMs) + shareMs);
    }
    const error = ioError(`unit ${unit.id} does not answer within ${job.waitedMs} ms (${job.tries} ${job.tries === 1 ? 'try' : 'tries'})`);
    job.reject(error);
    for (const other of this.takeAll(unit)) other.reject(error);
    // others that wait for a probe have to wait longer now: their callers are told rather than kept
    for (const other of dead) {
      const probeInMs = this.probeInMs(other, now);
      if (probeInMs > 0) for (const waiting of this.takeAll(other)) waiting.reject(refusal(other.id, probeInMs));
    }
    if (first)
      this.log.warn(
        { code: 'MODBUS_UNIT', bus: this.name, unit: unit.id, probeInMs: Math.round(pauseMs) },
        'Unit does not answer; set aside.',
      );
  }

  private exchange(transport: Transport, job: Job, waitMs: number): Promise<Outcome> {
    return new Promise((resolve) => {
      const { request } = job;
      const wireMs = transport.wireMs(request);
      const broadcast = request.unit === 0 && request.fn > 4 && transport.gapMs > 0;
      let timer: TimerHandle | undefined;
      let open = true;
      const finish = (outcome: Outcome) => {
        if (!open) return;
        open = false;
        this.abort = undefined;
        this.clock.clear(timer);
        resolve(outcome);
      };
      const until = (ms: number) => {
        this.clock.clear(timer);
        timer = this.clock.setTimer(ms, () => finish({ kind: 'timeout' }));
      };
      this.abort = (error) => finish({ kind: 'lost', error });
      // a driver that takes no bytes (flow control) must not hold the bus
      until(waitMs + wireMs + 1000);
      transport
        .send(request, (frame) => {
          if (!open) this.onStray(request.unit);
          const check = open ? checkReply(request, frame) : undefined;
          if (!check || check.kind === 'foreign') this.counters.strays++;
          else finish(check);
        })
        .then(
          () => {
            if (broadcast) finish({ kind: 'sent' });
            else if (open) until(waitMs + wireMs);
          },
          (error) => finish({ kind: 'lost', error: error as Error }),
        );
    });
  }

  // ------------------------------------------------------------------------------------------------------------ the line

  /** @param renewed the line was not lost: what is known about units stays, and nobody is told */
  private async open(renewed = false): Promise<boolean> {
    const waitMs = this.openAgainAtMs - this.clock.monotonic();
    if (waitMs > 0 && !renewed) {
      await this.pause(waitMs, false);
      if (!this.hasWork()) return false;
    }
    try {
      const transport = await this.openTransport();
      if (this.closed) {
        await transport.close();
        return false;
      }
      this.transport = transport;
      transport.onStray = (unitId) => this.onStray(unitId);
      void transport.lost.then((error) => this.onLost(error, transport));
      if (!renewed) {
        this.silent = 0;
        this.probeAtMs = 0;
        for (const u of this.units.values()) {
          u.quietUntilMs = 0;
          u.asideUntilMs = 0;
          u.answeredAtMs = undefined;
          u.heard = 'no';
        }
        this.tell(true, '');
      }
      this.openedAtMs = this.clock.monotonic();
      return true;
    } catch (error) {
      this.openAgainAtMs = this.clock.monotonic() + this.reopen.next();
      this.tell(false, messageOf(error));
      this.failAll(ioError(messageOf(error), error));
      return false;
    }
  }

  private onLost(error: Error, transport: Transport): void {
    if (this.transport !== transport) return;
    this.transport = undefined;
    // a peer that takes connections and drops them at once is not asked in a tight loop
    if (this.clock.monotonic() - this.openedAtMs > STABLE_MS) this.reopen.reset();
    this.openAgainAtMs = this.clock.monotonic() + this.reopen.next();
    this.tell(false, error.message);
    this.log.warn({ code: 'MODBUS_LOST', bus: this.name, error: error.message }, 'Bus lost.');
    this.abort?.(error);
    transport
      .close()
      .catch((failure) => this.log.warn({ code: 'MODBUS_LOST', error: messageOf(failure) }, 'The line could not be closed.'));
    this.failAll(ioError(error.message, error));
    this.kick();
  }

  private tell(up: boolean, message: string): void {
    this.problem = message;
    for (const w of this.watchers) w(up, message);
  }

  private failAll(error: Error): void {
    for (const unit of this.units.values()) for (const job of this.takeAll(unit)) job.reject(error);
  }

  /** Empties the unit's queue. */
  private takeAll(unit: UnitState): Job[] {
    const jobs = [...unit.writes.splice(0), ...unit.reads.splice(0)];
    this.queued -= jobs.length;
    return jobs;
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
