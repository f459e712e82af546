// Event time: holds rows back until no older one is expected, sends them on in order of time, and tells the window how far time has come.
// The watermark is the least, over all streams of the rule, of the newest time seen, less the tolerance; a stream without data holds it
// back. Rows older than the watermark are too late: left out and counted (`dropped`).
import { rowError } from '../base/errors/gateway-error.ts';
import type { Tuple } from '../data/tuple.ts';
import { packRows, unpackRows } from '../windows/row-codec.ts';
import type { Operator, OperatorStats, ProgramHost, WatermarkSpec } from './operator.ts';

/** What the calendar of the platform can align a window to, less some room for its end. Nanoseconds of today are beyond. */
const MAX_TIME_MS = 8e15;

interface Saved {
  watermarkMs: number | undefined;
  newestMs: (number | undefined)[];
  held: unknown;
}

/** @param next gets rows in order of time, and `watermark` after the rows up to it */
export function createWatermark(spec: WatermarkSpec, host: ProgramHost, stats: OperatorStats, next: Operator): Operator {
  const { streams, lateToleranceMs, keep } = spec;
  const keepMeta = spec.keepMeta !== false;
  const newestMs: number[] = streams.map(() => Number.NEGATIVE_INFINITY);
  let watermarkMs = Number.NEGATIVE_INFINITY;
  /** Ascending; rows of equal time in order of arrival. */
  let held: Tuple[] = [];

  const streamOf = (t: Tuple): number => {
    for (let i = 0; i < streams.length; i++) {
      const mark = streams[i];
      if (mark === undefined || t.cols[mark] === true) return i;
    }
    throw new Error('a row of no stream came to the watermark');
  };
  const hold = (t: Tuple): void => {
    let i = held.length;
    // rows mostly come in order: look from the end
    while (i > 0 && held[i - 1]!.tsMs > t.tsMs) i--;
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
      // the watermark decides what is late, so it is state even when no row is held
      host.touch();
      const i = streamOf(t);
      if (t.tsMs > newestMs[i]!) newestMs[i] = t.tsMs;
      if (t.tsMs < watermarkMs) {
        stats.dropped = (stats.dropped ?? 0) + 1;
        return;
      }
      hold(t);
      let least = newestMs[0]!;
      for (let s = 1; s < newestMs.length; s++) if (newestMs[s]! < least) least = newestMs[s]!;
      const nowMs = least - lateToleranceMs;
      if (nowMs <= watermarkMs) return;
      watermarkMs = nowMs;
      release();
      next.watermark?.(watermarkMs);
    },
    rows(c) {
      for (const t of c.rows) this.row(t);
    },
    save: (): Saved => ({
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
      } catch (error) {
        host.log.warn({ rule: host.ruleId, op: stats.name, error }, 'Saved state does not fit the watermark; starting from empty state.');
      }
    },
  };
}

/** Infinity has no place in every form of stored data. */
const finite = (ms: number): number | undefined => (Number.isFinite(ms) ? ms : undefined);
