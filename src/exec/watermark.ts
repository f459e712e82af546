// Event time: holds rows back until no older one is expected, sends them on in order of time, and tells the window how far time has come.
// The watermark is the least, over all streams of the rule, of the newest time seen, less the tolerance; a stream without data holds it
// back, unless it is idle for longer than the rule's idleTimeout; when all are, event time goes on with the clock. Rows older than the watermark are
// too late, rows far ahead of the clock (futureTolerance) would silence the stream: both are left out, counted and given to the actions with
// `lateRows`. Why: docs/adr/0123-time-of-events.md.

import type { TimerHandle } from '../base/clock.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Row } from '../data/value.ts';
import { packRows, unpackRows } from '../windows/row-codec.ts';
import type { Operator, OperatorStats, ProgramHost, WatermarkSpec } from './operator.ts';

/** What the calendar of the platform can align a window to, less some room for its end. Nanoseconds of today are beyond. */
const MAX_TIME_MS = 8e15;

/** A clock that was never set tells nothing about the times of rows. */
const CLOCK_IS_SET_AT_MS = Date.UTC(2024, 0, 1);
/** How often event time goes on while all streams are idle. */
const IDLE_STEP_MS = 1000;

interface Saved {
  watermarkMs: number | undefined;
  newestMs: (number | undefined)[];
  held: unknown;
  /** Wall time of the newest row of each stream. */
  arrivedAtMs?: number[];
}

/** @param next gets rows in order of time, and `watermark` after the rows up to it */
export function createWatermark(spec: WatermarkSpec, host: ProgramHost, stats: OperatorStats, next: Operator): Operator {
  const { streams, lateToleranceMs, keep, first, futureToleranceMs = 0, idleTimeoutMs = 0 } = spec;
  const { clock } = host;
  const keepMeta = spec.keepMeta !== false;
  const newestMs: number[] = streams.map(() => Number.NEGATIVE_INFINITY);
  let watermarkMs = Number.NEGATIVE_INFINITY;
  let lastLateMs: number | undefined;
  /** Ascending; rows of equal time in order of arrival. */
  let held: Tuple[] = [];
  /** Monotonic time of each stream's newest row, for idleTimeout. */
  let arrivedMs: number[] = streams.map(() => clock.monotonic());
  let timer: TimerHandle | undefined;

  const streamOf = (t: Tuple): number => {
    for (let i = 0; i < streams.length; i++) {
      const mark = streams[i];
      if (mark === undefined || t.cols[mark] === true) return i;
    }
    throw new Error('a row of no stream came to the watermark');
  };
  const goesFirst = (t: Tuple): boolean => first!.some((mark) => t.cols[mark] === true);
  const hold = (t: Tuple): void => {
    let i = held.length;
    // rows mostly come in order: look from the end
    while (i > 0 && held[i - 1]!.tsMs > t.tsMs) i--;
    if (first && goesFirst(t)) while (i > 0 && held[i - 1]!.tsMs === t.tsMs && !goesFirst(held[i - 1]!)) i--;
    if (i === held.length) held.push(t);
    else held.splice(i, 0, t);
  };
  const release = (): void => {
    let n = 0;
    while (n < held.length && held[n]!.tsMs <= watermarkMs) n++;
    if (n === 0) return;
    const ready = n === held.length ? held : held.slice(0, n);
    held = n === held.length ? [] : held.slice(n);
    for (const t of ready) {
      stats.recordsOut++;
      next.row(t);
    }
  };

  const advance = (nowMs: number): void => {
    if (nowMs <= watermarkMs) return;
    watermarkMs = nowMs;
    release();
    next.watermark?.(watermarkMs);
  };
  /** The least of the streams that are not idle; with the clock when all are. */
  const idleTime = (): number => {
    const nowMs = clock.monotonic();
    let least = Number.POSITIVE_INFINITY;
    let newest = Number.NEGATIVE_INFINITY;
    let quietMs = Number.POSITIVE_INFINITY;
    for (let i = 0; i < streams.length; i++) {
      const own = nowMs - arrivedMs[i]!;
      if (own < idleTimeoutMs) least = Math.min(least, newestMs[i]!);
      if (newestMs[i]! > newest || newestMs[i] === newest) {
        quietMs = newestMs[i] === newest ? Math.min(quietMs, own) : own;
        newest = newestMs[i]!;
      }
    }
    return least === Number.POSITIVE_INFINITY ? Math.floor(newest + quietMs) : least;
  };
  const watch = (): void => {
    timer = clock.setTimer(Math.min(idleTimeoutMs, IDLE_STEP_MS), () => {
      watch();
      try {
        advance(idleTime() - lateToleranceMs);
      } catch (error) {
        host.exception(stats, error);
      }
    });
  };
  const leftOut = (t: Tuple): void => host.late?.(rowOf(t, keep), t);

  return {
    stats,
    row(t) {
      stats.recordsIn++;
      if (!(Math.abs(t.tsMs) <= MAX_TIME_MS)) {
        host.exception(
          stats,
          rowError(`time of the row is ${t.tsMs} ms since 1970, which is not a date; the TIMESTAMP column must hold milliseconds`),
        );
        return;
      }
      if (futureToleranceMs > 0 && t.tsMs > clock.now() + futureToleranceMs && clock.now() >= CLOCK_IS_SET_AT_MS) {
        stats.ahead = (stats.ahead ?? 0) + 1;
        stats.aheadToMs = Math.max(stats.aheadToMs ?? 0, t.tsMs);
        leftOut(t);
        return;
      }
      if (t.tsMs > LEAST_SECONDS && t.tsMs < MOST_SECONDS) stats.looksLikeSeconds = (stats.looksLikeSeconds ?? 0) + 1;
      // the watermark decides what is late, so it is state even when no row is held
      host.touch();
      const i = streamOf(t);
      if (t.tsMs > newestMs[i]!) newestMs[i] = t.tsMs;
      if (idleTimeoutMs > 0) arrivedMs[i] = clock.monotonic();
      if (t.tsMs < watermarkMs) {
        stats.dropped = (stats.dropped ?? 0) + 1;
        leftOut(t);
        lastLateMs = t.tsMs;
        return;
      }
      hold(t);
      if (idleTimeoutMs > 0) {
        advance(idleTime() - lateToleranceMs);
        return;
      }
      let least = newestMs[0]!;
      for (let s = 1; s < newestMs.length; s++) if (newestMs[s]! < least) least = newestMs[s]!;
      advance(least - lateToleranceMs);
    },
    rows(c) {
      for (const t of c.rows) this.row(t);
    },
    start() {
      if (idleTimeoutMs > 0) watch();
    },
    close() {
      clock.clear(timer);
    },
    explain: () => ({ watermarkMs: finite(watermarkMs), newestMs: newestMs.map(finite), held: held.length, lastLateMs }),
    save: (): Saved => ({
      ...(idleTimeoutMs > 0 && { arrivedAtMs: arrivedMs.map((ms) => clock.now() - (clock.monotonic() - ms)) }),
      watermarkMs: finite(watermarkMs),
      newestMs: newestMs.map(finite),
      held: packRows(held, keep, keepMeta),
    }),
    load(state) {
      const saved = state as Saved;
      try {
        const rows = unpackRows(saved.held, keep);
        if (saved.newestMs.length !== streams.length) throw new Error(`state of ${saved.newestMs.length} streams, not ${streams.length}`);
        saved.newestMs.forEach((ms, i) => {
          newestMs[i] = ms ?? Number.NEGATIVE_INFINITY;
        });
        watermarkMs = saved.watermarkMs ?? Number.NEGATIVE_INFINITY;
        held = rows;
        // a stream that was idle is idle still
        if (saved.arrivedAtMs) arrivedMs = saved.arrivedAtMs.map((ms) => clock.monotonic() - Math.max(0, clock.now() - ms));
      } catch (error) {
        host.log.warn({ rule: host.ruleId, op: stats.name, error }, 'Saved state does not fit the watermark; starting from empty state.');
      }
    },
  };
}

/** Infinity has no place in every form of stored data. */
const finite = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined);

/** Milliseconds that are rather seconds: 2001 to 2286 in seconds, the first months of 1970 in milliseconds. */
const LEAST_SECONDS = 1e9;
const MOST_SECONDS = 1e10;

/** The columns that the rule reads. */
function rowOf(t: Tuple, keep: WatermarkSpec['keep']): Row {
  const row: Row = {};
  for (const { slot, column } of keep) {
    // several streams: names begin with the number of their input; what operators added and metadata are no columns
    const name = column.replace(/^\d+ /, '');
    const value = t.cols[slot];
    if (name === '*' && typeof value === 'object' && value !== null) Object.assign(row, value);
    else if (value !== undefined && name >= ' ') row[name] = value;
  }
  return row;
}
