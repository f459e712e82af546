// The requests that wait for the units of one line: a bounded queue per unit and kind. Used by bus.ts; which one is next: schedule.ts.
import type { ModbusRequest } from '../frame.ts';
import type { Roster } from './roster.ts';
import type { Job, Unit, UnitSettings } from './unit.ts';

export const MAX_QUEUED = 10_000;

export class Jobs {
  size = 0;
  private readonly roster: Roster;

  constructor(roster: Roster) {
    this.roster = roster;
  }

  get isFull(): boolean {
    return this.size >= MAX_QUEUED;
  }

  /** A read for which the same read waits already shares its answer. */
  add(unit: Unit, request: ModbusRequest, settings: UnitSettings): Promise<Buffer> {
    const queue = request.fn <= 4 ? unit.reads : unit.writes;
    if (request.fn <= 4) {
      const same = queue.find(({ request: r }) => r.fn === request.fn && r.address === request.address && r.count === request.count);
      if (same) return same.promise;
    }
    const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
    queue.push({ request, settings, tries: 0, waitedMs: 0, costMs: 0, promise, resolve, reject });
    this.size++;
    return promise;
  }

  take(unit: Unit, kind: 'read' | 'write'): Job {
    this.size--;
    return (kind === 'read' ? unit.reads : unit.writes).shift()!;
  }

  /** Tried again before what waits. */
  again(unit: Unit, job: Job): void {
    (job.request.fn <= 4 ? unit.reads : unit.writes).unshift(job);
    this.size++;
  }

  /** Empties the unit's queue. */
  fail(unit: Unit, error: Error): void {
    const jobs = [...unit.writes.splice(0), ...unit.reads.splice(0)];
    this.size -= jobs.length;
    for (const job of jobs) job.reject(error);
  }

  failAll(error: Error): void {
    for (const unit of this.roster.units.values()) this.fail(unit, error);
  }
}
