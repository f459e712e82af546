// When a rule is checkpointed: at most once per interval while it changes, sooner when a source waits for confirmations that only a checkpoint
// can give. Pure: what was seen so far and this moment go in, the answer and what is known now come out. Asked by rule/run-checkpoint.ts.

/** What is known of the flow of held messages. */
export interface Flow {
  /** Span at the last look; 0 = nothing is held. */
  readonly count: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Span at the last silence, until messages come again. */
  readonly silentAt: number;
  readonly silentMs: number;
  /** Span at which messages came again at once after a silence: a window, if it happens twice. */
  readonly candidate: number;
  /** Number of unconfirmed messages that the sources' peers allow, as learned from two silences at the same count. */
  readonly window: number | undefined;
}

export const noFlow: Flow = { count: 0, firstMs: 0, lastMs: 0, silentAt: 0, silentMs: 0, candidate: 0, window: undefined };

/** A checkpoint begins: what was learned of the peers stays. */
export const afterCheckpoint = (flow: Flow): Flow => ({ ...flow, count: 0, firstMs: 0, lastMs: 0 });

/** What is asked for. Monotonic times. */
export interface Moment {
  nowMs: number;
  /** Messages whose confirmation waits for a checkpoint. */
  heldCount: number;
  /** Messages that came since the oldest of them. */
  span: number;
  lastCheckpointMs: number;
  intervalMs: number;
}

/** How often the question is asked while something waits. */
export const TICK_MS = 100;
/** From so many unconfirmed messages on, silence of the source may mean that its window is full (MQTT 3.1.1 brokers: 20). */
const SUSPICIOUS = 16;
/** Messages that should have come in the silence, at the rate before it. */
const EXPECTED = 5;
/** A peer whose window was full goes on at once when it is confirmed something; a device that paused does not. */
const RESUME_MS = 3 * TICK_MS;
/** Bound of handles in memory. */
const MAX_HELD = 10_000;

/** @returns whether a checkpoint is due, and what is known now */
export function isDue(before: Flow, m: Moment): { due: boolean; flow: Flow } {
  const byInterval = m.nowMs - m.lastCheckpointMs >= m.intervalMs;
  if (m.heldCount === 0) return { due: byInterval, flow: before };
  const flow = withSpan(before, m);
  if (m.heldCount >= MAX_HELD || nearWindow(flow, m.span)) return { due: true, flow };
  const expected = ((m.nowMs - flow.lastMs) * m.span) / Math.max(1, flow.lastMs - flow.firstMs);
  if (m.span >= SUSPICIOUS && expected >= EXPECTED) return { due: true, flow: { ...flow, silentAt: m.span, silentMs: m.nowMs } };
  return { due: byInterval, flow };
}

/** Half of what the peer gives is out: it must be confirmed something before it stops. */
export const nearWindow = (flow: Flow, span: number): boolean => flow.window !== undefined && span * 2 >= flow.window;

/** Learns from the number of messages out there. */
function withSpan(flow: Flow, { nowMs, span }: Moment): Flow {
  // more than we believed the peer would give: forget it
  const known = flow.window !== undefined && span > flow.window ? undefined : flow.window;
  if (span <= flow.count) return known === flow.window ? flow : { ...flow, window: known };
  if (flow.count > 0) return { ...flow, count: span, lastMs: nowMs, window: known };
  const resumed = flow.silentAt > 0 && nowMs - flow.silentMs <= RESUME_MS;
  const learned = resumed && flow.candidate === flow.silentAt ? flow.silentAt : flow.window;
  return {
    count: span,
    firstMs: nowMs - TICK_MS,
    lastMs: nowMs,
    silentAt: 0,
    silentMs: flow.silentMs,
    candidate: resumed ? flow.silentAt : flow.candidate,
    window: learned !== undefined && span > learned ? undefined : learned,
  };
}
