// Windows that do not fire, and why: the unit of the TIMESTAMP column, a stream without messages that holds event time back, rows that are late after
// one with a time in the future, or a window that simply is not full. Called by causes.ts with what the operators say of themselves.
import type { OperatorStats, OperatorView } from '../../exec/operator.ts';
import { type Cause, moment, rows, span } from './cause.ts';

const YEAR_MS = 365.25 * 86_400_000;
/** A stream that has had a moment to send. */
const PATIENCE_MS = 3000;

export interface WindowInput {
  operators: readonly OperatorStats[];
  views: Readonly<Record<string, OperatorView>>;
  /** Streams in order of the inputs, with the number of messages of each. */
  streams: readonly { name: string; received: number }[];
  /** Ms since the rule runs. */
  runsMs: number;
  nowMs: number;
}

export function windowCauses(i: WindowInput): Cause[] {
  const mark = i.operators.find((o) => i.views[o.name]?.newestMs);
  const view = mark && i.views[mark.name]!;
  const out: Cause[] = [];
  const unit = view && mark.recordsIn > 0 ? wrongUnit(view, i.nowMs) : undefined;
  if (unit && mark) out.push(cause(mark.name, 'timestamp-unit', true, mark.recordsIn, unit.text, unit.cure));
  const waits = view && mark.recordsIn > 0 ? waitsForStream(view, i) : undefined;
  if (waits && mark) out.push(cause(mark.name, 'no-watermark', true, view!.held ?? 0, waits.text, waits.cure));
  for (const o of i.operators) {
    const spec = i.views[o.name]?.window;
    if (!spec || o.recordsOut > 0 || unit || waits) continue;
    // event time: what the watermark holds back has not reached the window
    const taken = o.recordsIn + (view?.held ?? 0);
    if (taken === 0) continue;
    const why = spec.eventTime && view ? notYetDue(view) : notFull(spec, o.recordsIn, i.runsMs);
    out.push(
      cause(
        o.name,
        'window-open',
        why.problem,
        taken,
        `Window ${o.name} has taken ${rows(taken)} and has not fired yet. ${why.text}`,
        why.cure,
      ),
    );
  }
  return out;
}

const cause = (at: string, kind: string, problem: boolean, count: number, text: string, cure: string): Cause => ({
  step: 'window',
  at,
  kind,
  problem,
  text,
  cure,
  sinceMs: 0,
  count,
});

/** Rows that came too late for their window. @param dropped so many so far */
export function lateText(dropped: number, view: OperatorView | undefined, nowMs: number): string {
  const base = `${rows(dropped)} came too late for their window.`;
  const newest = Math.max(...(view?.newestMs ?? []).map((ms) => ms ?? Number.NEGATIVE_INFINITY));
  if (!Number.isFinite(newest)) return base;
  const last = view?.lastLateMs === undefined ? '' : ` The last one has time ${shownMs(view.lastLateMs)}.`;
  if (newest > nowMs + 3_600_000)
    return `${base} A row had the time ${shownMs(newest)}, which lies in the future: all rows before that count as late.${last}`;
  return `${base} Event time has come to ${shownMs(view?.watermarkMs ?? newest)}.${last}`;
}

function wrongUnit({ newestMs }: OperatorView, nowMs: number): { text: string; cure: string } | undefined {
  for (const ms of newestMs ?? []) {
    if (ms === undefined || ms <= 0) continue;
    const near = (factor: number) => Math.abs(ms * factor - nowMs) < 20 * YEAR_MS;
    const unit = near(1) ? undefined : near(1000) ? 'seconds' : near(1e-3) ? 'microseconds' : near(1e-6) ? 'nanoseconds' : undefined;
    if (unit)
      return {
        text: `The TIMESTAMP column seems to hold ${unit}: its newest value ${ms} would be ${shownMs(ms)} in milliseconds, so windows ${unit === 'seconds' ? 'fire a thousand times too seldom' : 'have wrong limits'}.`,
        cure:
          unit === 'seconds'
            ? 'Add TIMESTAMP_FORMAT="s" to the stream, or have the sender give milliseconds since 1970.'
            : 'Have the sender give milliseconds since 1970, or a text with TIMESTAMP_FORMAT.',
      };
  }
  return undefined;
}

/** Event time goes on when every stream has had a row. */
function waitsForStream(view: OperatorView, i: WindowInput): { text: string; cure: string } | undefined {
  const { newestMs = [], held = 0 } = view;
  if (newestMs.length < 2 || held === 0 || i.runsMs < PATIENCE_MS) return undefined;
  const missing = i.streams.filter((_, n) => newestMs[n] === undefined).map((s) => s.name);
  if (missing.length === 0) return undefined;
  return {
    text: `No window can fire: ${missing.join(', ')} has had no message, and event time goes on only when every stream of the rule has one. ${rows(held)} wait.`,
    cure: `Look why ${missing.join(', ')} gets nothing, or read it without event time.`,
  };
}

const notYetDue = (view: OperatorView) => ({
  problem: false,
  text: `Event time has come to ${view.watermarkMs === undefined ? 'nowhere yet' : shownMs(view.watermarkMs)} (newest row less lateTolerance); it fires when a row with a later time arrives.`,
  cure: 'Event time goes on with messages only: the last window waits for the next one. lateTolerance may be shorter.',
});

function notFull(
  spec: NonNullable<OperatorView['window']>,
  taken: number,
  runsMs: number,
): { problem: boolean; text: string; cure: string } {
  const { kind, count = 0, lengthMs = 0, intervalMs = 0 } = spec;
  switch (kind) {
    case 'count':
      return { problem: false, text: `It fires with ${spec.countInterval ?? count} rows.`, cure: 'Wait, or take a smaller count.' };
    case 'session':
      return {
        problem: false,
        text: `It fires when no row came for ${span(intervalMs)}, or after ${span(lengthMs)}.`,
        cure: 'Take a shorter time-out when rows come more often than that.',
      };
    case 'state':
      return { problem: false, text: 'No row has fulfilled its condition yet.', cure: 'Compare the condition with the last row.' };
    case 'sliding':
      return {
        problem: false,
        text: `None of ${rows(taken)} has fulfilled its condition (FILTER, WHEN) yet.`,
        cure: 'Compare the condition with the last row.',
      };
    default: {
      const everyMs = intervalMs || lengthMs;
      const late = runsMs > everyMs * 2 + 5000;
      return {
        problem: false,
        text: late
          ? `It should have fired after ${span(everyMs)}: no row has passed its FILTER.`
          : `It fires every ${span(everyMs)}; the rule has been running ${span(runsMs)}.`,
        cure: late ? 'Compare the FILTER with the last row.' : 'Wait for its end, or take a shorter window.',
      };
    }
  }
}

const shownMs = (ms: number): string => (Math.abs(ms) <= 8.64e15 ? moment(ms) : `${ms} ms`);
