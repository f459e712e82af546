// Offsets of a zone from UTC as spans between its clock changes, with the last spans kept: windows ask for neighbouring moments again and
// again. Called by marks.ts.

/** From one clock change to the next. */
export interface ZoneSpan {
  /** Epoch ms; -Infinity before the first change that is known. */
  readonly fromMs: number;
  /** Epoch ms of the next change; Infinity after the last one. */
  readonly toMs: number;
  /** Wall time less UTC. */
  readonly offsetMs: number;
}

export interface ZoneSpans {
  /** The span that holds the moment. */
  at(ms: number): ZoneSpan;
}

/** Moments for which the platform has a calendar, less room for a span. */
const LIMIT_MS = 8.6e15;
/** More clock changes than any window crosses; then the oldest span is forgotten. */
const KEPT = 16;

/** @param timeZone IANA name */
export function createZoneSpans(timeZone: string): ZoneSpans {
  let last: ZoneSpan = { fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY, offsetMs: 0 };
  const kept: ZoneSpan[] = [];
  const find = (ms: number): ZoneSpan => {
    const known = kept.find((s) => s.fromMs <= ms && ms < s.toMs);
    if (known) return known;
    const span = readSpan(timeZone, ms);
    kept.push(span);
    if (kept.length > KEPT) kept.shift();
    return span;
  };
  return {
    at(ms) {
      if (last.fromMs <= ms && ms < last.toMs) return last;
      last = find(ms);
      return last;
    },
  };
}

function readSpan(timeZone: string, ms: number): ZoneSpan {
  const at = Temporal.Instant.fromEpochMilliseconds(Math.floor(Math.min(LIMIT_MS, Math.max(-LIMIT_MS, ms)))).toZonedDateTimeISO(timeZone);
  const offsetMs = at.offsetNanoseconds / 1e6;
  const next = at.getTimeZoneTransition('next');
  // a change at this very moment is the begin of its span; `previous` looks before it
  const before = at.add({ milliseconds: 1 }).getTimeZoneTransition('previous');
  return {
    fromMs: before?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    toMs: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offsetMs,
  };
}
