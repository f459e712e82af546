// Decides when rules are checkpointed: at most once per interval while they change, sooner when a source waits for confirmations that
// only a checkpoint can give. One clock for all rules; the store groups what is due together into one transaction.
// Used by rule/rule-run.ts, which does the work itself.
import type { Clock, TimerHandle } from '../../base/clock.ts';

export interface Checkpointed {
  /** State changed since the last checkpoint. */
  readonly dirty: boolean;
  /** Messages whose confirmation waits for a checkpoint. */
  readonly heldCount: number;
  /** Messages that came since the oldest held one, it included. A peer that wants confirmations in order (MQTT) waits for all of them. */
  readonly heldSpan: number;
  /** Interval of the rule, ms. */
  readonly checkpointIntervalMs: number;
  /** Monotonic ms of the last one (or of the start). */
  readonly lastCheckpointMs: number;
  readonly checkpointing: boolean;
  /** Number of unconfirmed messages that the sources' peers allow, as learned from two silences at the same count. */
  window: number | undefined;
  checkpoint(): Promise<void>;
  /** Sources that it reads. */
  readonly nodes: readonly object[];
  /** Watch of the flow of held messages; kept by the checkpointer. */
  flow: HeldFlow;
}

export interface HeldFlow {
  /** Span at the last look. */
  count: number;
  firstMs: number;
  lastMs: number;
  /** Span at the last silence, until messages come again. */
  silentAt: number;
  silentMs: number;
  /** Span at which messages came again at once after a silence: a window, if it happens twice. */
  candidate: number;
}

export const newFlow = (before?: HeldFlow): HeldFlow => ({
  count: 0,
  firstMs: 0,
  lastMs: 0,
  silentAt: before?.silentAt ?? 0,
  silentMs: before?.silentMs ?? 0,
  candidate: before?.candidate ?? 0,
});

const TICK_MS = 100;
/** From so many unconfirmed messages on, silence of the source may mean that its window is full (MQTT 3.1.1 brokers: 20). */
const SUSPICIOUS = 16;
/** Messages that should have come in the silence, at the rate before it. */
const EXPECTED = 5;
/** A peer whose window was full goes on at once when it is confirmed something; a device that paused does not. */
const RESUME_MS = 3 * TICK_MS;
/** Bound of handles in memory. */
const MAX_HELD = 10_000;

export interface Checkpointer {
  add(run: Checkpointed): void;
  remove(run: Checkpointed): void;
  /** Called when the first message since a checkpoint is held, and with every later one that reaches half of a known window. */
  wake(): void;
  /** Checkpoints this rule, and the rules that hold messages of the same sources. */
  now(run: Checkpointed): void;
  close(): void;
}

export function createCheckpointer(clock: Clock): Checkpointer {
  const runs = new Set<Checkpointed>();
  let timer: TimerHandle | undefined;
  let closed = false;

  const tick = () => {
    timer = undefined;
    const nowMs = clock.monotonic();
    let busy = false;
    for (const run of runs) {
      if (!run.dirty && run.heldCount === 0) continue;
      busy = true;
      if (!run.checkpointing && isDue(run, nowMs)) now(run);
    }
    if (busy) arm();
  };
  const now = (run: Checkpointed) => {
    void run.checkpoint();
    const nodes = new Set(run.nodes);
    for (const other of runs)
      if (other !== run && other.heldCount > 0 && !other.checkpointing && other.nodes.some((n) => nodes.has(n))) void other.checkpoint();
  };
  const arm = () => {
    if (!closed) timer ??= clock.setTimer(TICK_MS, tick);
  };
  return {
    add: (run) => void runs.add(run),
    remove: (run) => void runs.delete(run),
    wake: arm,
    now,
    close() {
      closed = true;
      clock.clear(timer);
      runs.clear();
    },
  };
}

/** True when a rule should be checkpointed now. Watches the flow of its sources and learns the window of their peers. */
export function isDue(run: Checkpointed, nowMs: number): boolean {
  const { flow } = run;
  if (run.heldCount > 0) {
    const span = run.heldSpan;
    if (span > flow.count) {
      if (flow.count === 0) {
        flow.firstMs = nowMs - TICK_MS;
        if (flow.silentAt > 0 && nowMs - flow.silentMs <= RESUME_MS) {
          if (flow.candidate === flow.silentAt) run.window = flow.silentAt;
          flow.candidate = flow.silentAt;
        }
        flow.silentAt = 0;
      }
      flow.count = span;
      flow.lastMs = nowMs;
    }
    // more than we believed the peer would give: forget it
    if (run.window !== undefined && span > run.window) run.window = undefined;
    if (run.heldCount >= MAX_HELD || (run.window !== undefined && span * 2 >= run.window)) return true;
    const expected = ((nowMs - flow.lastMs) * span) / Math.max(1, flow.lastMs - flow.firstMs);
    if (span >= SUSPICIOUS && expected >= EXPECTED) {
      flow.silentAt = span;
      flow.silentMs = nowMs;
      return true;
    }
  }
  return nowMs - run.lastCheckpointMs >= run.checkpointIntervalMs;
}
