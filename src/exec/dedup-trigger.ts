// dedup_trigger(start, end, now, expireMs): holds a row until the moment `end`, then sends it with the parts of [start, end) that no
// earlier row got. Rows wait in order of `end`; a row with a later `now` lets those go whose end is past. The ranges that were given out
// and the waiting rows are its state.

import type { TimerHandle } from '../base/clock.ts';
import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { toInt64 } from '../data/cast.ts';
import { brief } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import { type TimeRange, takeFreeRanges } from '../functions/window/free-ranges.ts';
import { packRows, unpackRows } from '../windows/row-codec.ts';
import type { KeptSlot } from '../windows/spec.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

/** A column argument, with its name for messages. */
export interface TriggerField {
  name: string;
  value: Expr;
}

export interface DedupTriggerSpec {
  start: TriggerField;
  end: TriggerField;
  now: TriggerField;
  expireMs: number;
  /** Slot that gets the list of ranges. */
  slot: number;
  keep: readonly KeptSlot[];
  keepMeta: boolean;
}

interface Waiting {
  startMs: number;
  endMs: number;
  nowMs: number;
  t: Tuple;
}

export function createDedupTrigger(spec: DedupTriggerSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  let waiting: Waiting[] = [];
  let taken: TimeRange[] = [];
  let timer: TimerHandle | undefined;

  /** @param nowMs undefined when the timer fired: then the first row is due by definition */
  const release = (nowMs?: number): void => {
    host.clock.clear(timer);
    timer = undefined;
    let now = nowMs;
    for (let first = waiting[0]; first; first = waiting[0]) {
      now ??= first.endMs;
      if (first.endMs > now) {
        timer = host.clock.setTimer(first.endMs - now, () => release());
        return;
      }
      waiting.shift();
      send(first);
    }
  };
  const send = (w: Waiting): void => {
    const result = takeFreeRanges(taken, w.startMs, w.endMs, w.nowMs, spec.expireMs);
    taken = result.taken;
    w.t.cols[spec.slot] = result.free.map(([from, to]) => ({ start_key: String(from), end_key: String(to) }));
    host.touch();
    stats.recordsOut++;
    stats.bufferLength = waiting.length;
    next.row(w.t);
  };

  return {
    stats,
    row(t) {
      stats.recordsIn++;
      let w: Waiting;
      try {
        w = requestOf(t, spec);
      } catch (error) {
        host.exception(stats, error);
        return;
      }
      const at = waiting.findIndex((other) => other.endMs > w.endMs);
      waiting.splice(at < 0 ? waiting.length : at, 0, w);
      stats.bufferLength = waiting.length;
      host.touch();
      release(w.nowMs);
    },
    rows() {
      stats.recordsIn++;
      host.exception(stats, rowError('run dedup trigger op error: dedup_trigger takes single rows, not the rows of a window'));
    },
    save: () => ({
      taken,
      times: waiting.map((w) => [w.startMs, w.endMs, w.nowMs]),
      rows: packRows(
        waiting.map((w) => w.t),
        spec.keep,
        spec.keepMeta,
      ),
    }),
    load(state) {
      const saved = state as { taken: TimeRange[]; times: [number, number, number][]; rows: unknown };
      const rows = unpackRows(saved.rows, spec.keep);
      waiting = rows.map((t, i) => ({ startMs: saved.times[i]![0], endMs: saved.times[i]![1], nowMs: saved.times[i]![2], t }));
      taken = saved.taken;
    },
    start() {
      const first = waiting[0];
      if (first) release(Math.max(first.nowMs, host.clock.now()));
    },
    close() {
      host.clock.clear(timer);
    },
  };
}

function requestOf(t: Tuple, spec: DedupTriggerSpec): Waiting {
  const startMs = timeOf(t, spec.start, 'start time');
  const endMs = timeOf(t, spec.end, 'end time');
  if (startMs >= endMs) throw rowError(`dedup_trigger start time ${startMs} is greater than end time ${endMs}`);
  return { startMs, endMs, nowMs: timeOf(t, spec.now, 'now time'), t };
}

function timeOf(t: Tuple, field: TriggerField, what: string): number {
  const v = field.value(t);
  if (v === undefined) throw rowError(`dedup_trigger ${field.name} is missing`);
  try {
    return Number(toInt64(v, 'sameKind'));
  } catch {
    // the text of the cast says less than which of the three times it was
    throw rowError(`dedup_trigger ${what} ${brief(v)} is not int64`);
  }
}
