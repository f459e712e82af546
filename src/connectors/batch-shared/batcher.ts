// Makes requests of many rows out of the items that a sink is given: while one request is under way, what comes meanwhile waits and goes with the
// next. No row waits for a timer, and each item is answered only when the peer answered for its rows. Rows that the peer does not take are
// found by halving the request. Used by the sinks of databases and brokers (influx, sql, redis, kafka, …).
import { isRetriable, messageOf } from '../../base/errors/gateway-error.ts';
import { rowsRefused, type SinkData } from '../../contract/sink.ts';
import type { Row } from '../../data/value.ts';
import { rowsOf } from './payload.ts';

/** One row, ready to be sent. */
export interface Unit<T> {
  /** As `collect` was given it: what is set aside when the peer does not take it. */
  readonly row: Row;
  readonly sent: T;
  /** What it adds to a request. */
  readonly bytes: number;
}

export interface BatcherOptions<T> {
  maxRows: number;
  maxBytes: number;
  /** Sends rows in their order; resolves when the peer has taken all of them.
   *  @throws an error with `retriable` when the peer is away: everything that waits fails with it, so that the order stays. Any other error
   *          says that some row is not taken */
  write(units: readonly Unit<T>[]): Promise<void>;
}

interface Job<T> {
  units: readonly Unit<T>[];
  /** Units that are in no request yet begin here. */
  at: number;
  open: number;
  rows: number;
  refused: Row[];
  error: unknown;
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class Batcher<T> {
  private readonly options: BatcherOptions<T>;
  private waiting: Job<T>[] = [];
  private busy = false;

  constructor(options: BatcherOptions<T>) {
    this.options = options;
  }

  /** @param refused rows that cannot even be encoded, with the reason of the first
   *  @returns resolves when all rows are taken; rejects with rowsRefused when others of them are, with the peer's own error when none is */
  add(units: readonly Unit<T>[], refused?: { rows: Row[]; error: unknown }): Promise<void> {
    return new Promise((resolve, reject) => {
      const job: Job<T> = {
        units,
        at: 0,
        open: units.length,
        rows: units.length + (refused?.rows.length ?? 0),
        refused: refused?.rows ?? [],
        error: refused?.error,
        resolve,
        reject,
      };
      if (units.length === 0) return settle(job);
      this.waiting.push(job);
      if (!this.busy) void this.run();
    });
  }

  private async run(): Promise<void> {
    this.busy = true;
    // what the same turn of the event loop brings goes along
    await Promise.resolve();
    while (this.waiting.length > 0) {
      const parts = this.next();
      try {
        await this.send(parts);
      } catch (error) {
        this.fail(parts, error);
      }
    }
    this.busy = false;
  }

  /** The next request: units of the jobs in their order. */
  private next(): Part<T>[] {
    const { maxRows, maxBytes } = this.options;
    const parts: Part<T>[] = [];
    let bytes = 0;
    for (const job of this.waiting) {
      while (job.at < job.units.length) {
        const unit = job.units[job.at]!;
        if (parts.length > 0 && (parts.length >= maxRows || bytes + unit.bytes > maxBytes)) return this.taken(parts);
        bytes += unit.bytes;
        parts.push({ job, unit });
        job.at++;
      }
    }
    return this.taken(parts);
  }

  private taken(parts: Part<T>[]): Part<T>[] {
    const full = this.waiting.findIndex((j) => j.at < j.units.length);
    this.waiting = full < 0 ? [] : this.waiting.slice(full);
    return parts;
  }

  /** @throws when the peer is away */
  private async send(parts: readonly Part<T>[]): Promise<void> {
    try {
      await this.options.write(parts.map((p) => p.unit));
    } catch (error) {
      if (isRetriable(error)) throw error;
      if (parts.length === 1) {
        const { job, unit } = parts[0]!;
        job.refused.push(unit.row);
        job.error ??= error;
        return done(parts);
      }
      const middle = parts.length >> 1;
      await this.send(parts.slice(0, middle));
      return this.send(parts.slice(middle));
    }
    done(parts);
  }

  /** The peer is away: what was sent and not answered, and all that waits, fails in order. */
  private fail(parts: readonly Part<T>[], error: unknown): void {
    const jobs = new Set([...parts.map((p) => p.job), ...this.waiting]);
    this.waiting = [];
    for (const job of jobs) if (job.open > 0) job.reject(error);
  }
}

interface Part<T> {
  readonly job: Job<T>;
  readonly unit: Unit<T>;
}

function done<T>(parts: readonly Part<T>[]): void {
  for (const { job } of parts) if (--job.open === 0) settle(job);
}

function settle<T>(job: Job<T>): void {
  const { refused, rows, error } = job;
  if (refused.length === 0) return job.resolve();
  if (refused.length >= rows) return job.reject(error);
  job.reject(rowsRefused(`${refused.length} of ${rows} rows: ${messageOf(error)}`, refused, error));
}

/** Encodes the rows of one item. @param encode throws for a row that cannot be sent  @returns units, and the rows without one */
export function unitsOf<T>(
  data: SinkData,
  encode: (row: Row, index: number) => { sent: T; bytes: number },
): { units: Unit<T>[]; refused: { rows: Row[]; error: unknown } | undefined } {
  const rows = rowsOf(data);
  const units: Unit<T>[] = [];
  let refused: { rows: Row[]; error: unknown } | undefined;
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    try {
      units.push({ row, ...encode(row, i) });
    } catch (error) {
      refused ??= { rows: [], error };
      refused.rows.push(row);
    }
  }
  return { units, refused };
}
