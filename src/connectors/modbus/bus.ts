// The scheduler of one physical bus, shared by all rules and by writes: one request at a time, units in turn, gaps between frames, time-outs and retries per unit.
// A unit that does not answer is left in peace for its quiet time (its late reply must not become the answer to the next request), and after
// its retries it is set aside and probed with growing pauses, so that it costs the living next to nothing.

import { type Backoff, createBackoff } from '../../base/backoff.ts';
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { ioError } from '../../base/errors/gateway-error.ts';
import type { Log } from '../../base/log.ts';
import type { PooledConnection } from '../../contract/context.ts';
import { checkReply, ModbusException, type ModbusRequest } from './frame.ts';
import type { OpenTransport, Transport } from './transport/transport.ts';

export interface UnitSettings {
  timeoutMs: number;
  /** Further tries after the first. */
  retries: number;
  /** After a time-out the unit is not asked for so long. */
  quietMs: number;
  /** Pause before each request to this unit, beside the line's own gap. */
  gapMs: number;
}

export interface BusCounters {
  requests: number;
  timeouts: number;
  exceptions: number;
  /** Frames that belonged to no request that waited: late, foreign, damaged. */
  strays: number;
  /** Requests refused because the unit is set aside. */
  refused: number;
}

interface Job {
  readonly request: ModbusRequest;
  readonly settings: UnitSettings;
  tries: number;
  readonly resolve: (data: Buffer) => void;
  readonly reject: (error: Error) => void;
}

interface UnitState {
  readonly id: number;
  readonly writes: Job[];
  readonly reads: Job[];
  /** Monotonic ms before which it is not asked. */
  quietUntilMs: number;
  /** Set aside until then; 0 = alive. */
  asideUntilMs: number;
  readonly probes: Backoff;
}

/** Probe pauses of a unit that is set aside. */
const FIRST_PROBE_MS = 2000;
const MAX_PROBE_MS = 30_000;
const MAX_QUEUED = 10_000;

export class ModbusBus implements PooledConnection {
  readonly counters: BusCounters = { requests: 0, timeouts: 0, exceptions: 0, strays: 0, refused: 0 };
  private readonly name: string;
  private readonly openTransport: OpenTransport;
  private readonly clock: Clock;
  private readonly log: Log;
  private readonly units = new Map<number, UnitState>();
  private readonly watchers = new Set<(up: boolean, message: string) => void>();
  private readonly reopen: Backoff;
  private transport: Transport | undefined;
  private running = false;
  private closed = false;
  private queued = 0;
  private lastUnit = -1;
  private wake: (() => void) | undefined;
  /** Ends the exchange under way when the line is lost. */
  private abort: ((error: Error) => void) | undefined;
  private openAgainAtMs = 0;
  private problem = 'not connected yet';

  constructor(name: string, openTransport: OpenTransport, clock: Clock, log: Log, random: () => number = Math.random) {
    this.name = name;
    this.openTransport = openTransport;
    this.clock = clock;
    this.log = log;
    this.reopen = createBackoff({ firstMs: 500, maxMs: 2500, random });
  }

  watch(onState: (up: boolean, message: string) => void): () => void {
    this.watchers.add(onState);
    onState(this.transport !== undefined, this.transport ? '' : this.problem);
    return () => this.watchers.delete(onState);
  }

  /** Units that are set aside now. */
  get aside(): number[] {
    const now = this.clock.monotonic();
    return [...this.units.values()].filter((u) => u.asideUntilMs > now).map((u) => u.id);
  }

  /** Puts a request into the queue. Writes go before reads of the same unit.
   *  @returns the reply's data bytes  @throws ioError (time-out, line lost, unit set aside), ModbusException */
  request(request: ModbusRequest, settings: UnitSettings): Promise<Buffer> {
    if (this.closed) return Promise.reject(ioError(`bus ${this.name} is closed`));
    const unit = this.unit(request.unit);
    const now = this.clock.monotonic();
    if (unit.asideUntilMs > now) {
      this.counters.refused++;
      return Promise.reject(ioError(`unit ${unit.id} does not answer; tried again in ${Math.ceil((unit.asideUntilMs - now) / 1000)} s`));
    }
    if (this.queued >= MAX_QUEUED) return Promise.reject(ioError(`bus ${this.name}: ${MAX_QUEUED} requests wait already`));
    return new Promise((resolve, reject) => {
      (request.fn <= 4 ? unit.reads : unit.writes).push({ request, settings, tries: 0, resolve, reject });
      this.queued++;
      this.kick();
    });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.failAll(ioError(`bus ${this.name} is closed`));
    this.wake?.();
    this.abort?.(ioError(`bus ${this.name} is closed`));
    const t = this.transport;
    this.transport = undefined;
    await t?.close();
  }

  // ------------------------------------------------------------------------------------------------------------ the loop

  private unit(id: number): UnitState {
    let u = this.units.get(id);
    if (!u) {
      u = {
        id,
        writes: [],
        reads: [],
        quietUntilMs: 0,
        asideUntilMs: 0,
        probes: createBackoff({ firstMs: FIRST_PROBE_MS, maxMs: MAX_PROBE_MS }),
      };
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
        if (this.queued > 0 && !this.closed) this.kick();
      },
      (error) => {
        this.running = false;
        this.log.error({ code: 'INTERNAL', bus: this.name, error: String(error) }, 'The bus scheduler failed.');
        this.failAll(error as Error);
      },
    );
  }

  private async run(): Promise<void> {
    while (this.queued > 0 && !this.closed) {
      if (!this.transport && !(await this.open())) continue;
      const now = this.clock.monotonic();
      const unit = this.next(now);
      if (!unit) {
        const until = Math.min(...[...this.units.values()].filter((u) => u.writes.length + u.reads.length > 0).map((u) => u.quietUntilMs));
        await this.pause(Math.max(1, until - now));
        continue;
      }
      const job = (unit.writes.shift() ?? unit.reads.shift())!;
      this.queued--;
      await this.serve(unit, job);
    }
  }

  /** The next unit in turn that has work and is not in its quiet time. */
  private next(nowMs: number): UnitState | undefined {
    const ready = [...this.units.values()].filter((u) => u.quietUntilMs <= nowMs && u.writes.length + u.reads.length > 0);
    if (ready.length === 0) return undefined;
    ready.sort((a, b) => a.id - b.id);
    const turn = ready.find((u) => u.writes.length > 0 && u.id > this.lastUnit) ?? ready.find((u) => u.id > this.lastUnit) ?? ready[0]!;
    this.lastUnit = turn.id;
    return turn;
  }

  private async serve(unit: UnitState, job: Job): Promise<void> {
    const transport = this.transport!;
    const pauseMs = Math.max(transport.gapMs, job.settings.gapMs);
    if (pauseMs > 0) await this.clock.sleep(pauseMs);
    this.counters.requests++;
    job.tries++;
    const outcome = await this.exchange(transport, job);
    if (outcome.kind === 'good') {
      unit.asideUntilMs = 0;
      unit.probes.reset();
      job.resolve(outcome.data);
      return;
    }
    if (outcome.kind === 'exception') {
      // it answers, so it is alive
      this.counters.exceptions++;
      unit.asideUntilMs = 0;
      unit.probes.reset();
      const error = new ModbusException(job.request.unit, outcome.code);
      if (error.retriable && job.tries <= job.settings.retries) {
        unit.quietUntilMs = this.clock.monotonic() + job.settings.quietMs;
        this.again(unit, job);
      } else job.reject(error);
      return;
    }
    if (outcome.kind === 'lost') {
      this.onLost(outcome.error);
      job.reject(outcome.error);
      return;
    }
    this.counters.timeouts++;
    unit.quietUntilMs = this.clock.monotonic() + job.settings.quietMs;
    // a unit that is being probed gets one try, not all of them
    if (job.tries <= job.settings.retries && unit.probes.tries === 0) this.again(unit, job);
    else this.setAside(unit, job);
  }

  private again(unit: UnitState, job: Job): void {
    (job.request.fn <= 4 ? unit.reads : unit.writes).unshift(job);
    this.queued++;
  }

  private setAside(unit: UnitState, job: Job): void {
    const first = unit.probes.tries === 0;
    const pauseMs = unit.probes.next();
    unit.asideUntilMs = this.clock.monotonic() + pauseMs;
    const error = ioError(`unit ${unit.id} does not answer within ${job.settings.timeoutMs} ms (${job.tries} tries)`);
    job.reject(error);
    for (const other of [...unit.writes.splice(0), ...unit.reads.splice(0)]) {
      this.queued--;
      other.reject(error);
    }
    if (first)
      this.log.warn(
        { code: 'MODBUS_UNIT', bus: this.name, unit: unit.id, probeInMs: Math.round(pauseMs) },
        'Unit does not answer; set aside.',
      );
  }

  private exchange(
    transport: Transport,
    job: Job,
  ): Promise<{ kind: 'good'; data: Buffer } | { kind: 'exception'; code: number } | { kind: 'timeout' } | { kind: 'lost'; error: Error }> {
    return new Promise((resolve) => {
      let timer: TimerHandle | undefined;
      let open = true;
      const finish = (outcome: Parameters<typeof resolve>[0]) => {
        if (!open) return;
        open = false;
        this.abort = undefined;
        this.clock.clear(timer);
        resolve(outcome);
      };
      this.abort = (error) => finish({ kind: 'lost', error });
      transport
        .send(job.request, (frame) => {
          if (!open) {
            this.counters.strays++;
            return;
          }
          const check = checkReply(job.request, frame);
          if (check.kind === 'foreign') this.counters.strays++;
          else finish(check);
        })
        .then(
          () => {
            if (open) timer = this.clock.setTimer(job.settings.timeoutMs, () => finish({ kind: 'timeout' }));
          },
          (error) => finish({ kind: 'lost', error: error as Error }),
        );
    });
  }

  // ------------------------------------------------------------------------------------------------------------ the line

  private async open(): Promise<boolean> {
    const waitMs = this.openAgainAtMs - this.clock.monotonic();
    if (waitMs > 0) {
      await this.pause(waitMs, false);
      if (this.closed) return false;
    }
    try {
      const transport = await this.openTransport();
      if (this.closed) {
        await transport.close();
        return false;
      }
      this.transport = transport;
      this.reopen.reset();
      void transport.lost.then((error) => {
        if (this.transport === transport) this.onLost(error);
      });
      for (const u of this.units.values()) {
        u.quietUntilMs = 0;
        u.asideUntilMs = 0;
      }
      this.tell(true, '');
      return true;
    } catch (error) {
      this.openAgainAtMs = this.clock.monotonic() + this.reopen.next();
      this.tell(false, (error as Error).message);
      this.failAll(ioError((error as Error).message, error));
      return false;
    }
  }

  private onLost(error: Error): void {
    const t = this.transport;
    if (!t) return;
    this.transport = undefined;
    this.abort?.(error);
    this.openAgainAtMs = this.clock.monotonic() + this.reopen.next();
    this.tell(false, error.message);
    this.log.warn({ code: 'MODBUS_LOST', bus: this.name, error: error.message }, 'Bus lost.');
    void t.close();
    this.failAll(ioError(error.message, error));
  }

  private tell(up: boolean, message: string): void {
    this.problem = message;
    for (const w of this.watchers) w(up, message);
  }

  private failAll(error: Error): void {
    for (const unit of this.units.values())
      for (const job of [...unit.writes.splice(0), ...unit.reads.splice(0)]) {
        this.queued--;
        job.reject(error);
      }
  }

  /** @param wakeable a new request ends the pause */
  private pause(ms: number, wakeable = true): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.clock.clear(timer);
        if (this.wake === done) this.wake = undefined;
        resolve();
      };
      const timer = this.clock.setTimer(ms, done);
      if (wakeable) this.wake = done;
    });
  }
}
