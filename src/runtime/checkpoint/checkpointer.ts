// Decides when rules are checkpointed: at most once per interval while they change, sooner when a source waits for confirmations that
// only a checkpoint can give. One clock for all rules; the store groups what is due together into one transaction.
// Used by rule/rule-run.ts, which does the work itself.
import type { Clock, TimerHandle } from '../../base/clock.ts';

export interface Checkpointed {
  /** State changed since the last checkpoint. */
  readonly dirty: boolean;
  /** Messages whose confirmation waits for a checkpoint. */
  readonly heldCount: number;
  /** Interval of the rule, ms. */
  readonly checkpointIntervalMs: number;
  /** Monotonic ms of the last one (or of the start). */
  readonly lastCheckpointMs: number;
  readonly checkpointing: boolean;
  /** Smallest number of unconfirmed messages that the sources' peers allow; undefined when unknown. */
  readonly window: number | undefined;
  checkpoint(): Promise<void>;
  /** Watch of the flow of held messages; kept by the checkpointer. */
  flow: HeldFlow;
}

export interface HeldFlow {
  count: number;
  firstMs: number;
  lastMs: number;
}

export const newFlow = (): HeldFlow => ({ count: 0, firstMs: 0, lastMs: 0 });

const TICK_MS = 100;
/** From so many held messages on, silence of the source may mean that its window is full (MQTT 3.1.1 brokers: 20). */
const SUSPICIOUS = 16;
/** Messages that should have come in the silence, at the rate before it. */
const EXPECTED = 5;
/** Bound of handles in memory. */
const MAX_HELD = 10_000;

export interface Checkpointer {
  add(run: Checkpointed): void;
  remove(run: Checkpointed): void;
  /** Called when the first message since a checkpoint is held, and with every later one that reaches half of a known window. */
  wake(): void;
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
      if (!run.checkpointing && isDue(run, nowMs)) void run.checkpoint();
    }
    if (busy) arm();
  };
  const arm = () => {
    if (!closed) timer ??= clock.setTimer(TICK_MS, tick);
  };
  return {
    add: (run) => void runs.add(run),
    remove: (run) => void runs.delete(run),
    wake: arm,
    close() {
      closed = true;
      clock.clear(timer);
      runs.clear();
    },
  };
}

/** True when a rule should be checkpointed now. Also updates its flow. */
export function isDue(run: Checkpointed, nowMs: number): boolean {
  const held = run.heldCount;
  const flow = run.flow;
  if (held < flow.count) flow.count = 0;
  if (held > flow.count) {
    if (flow.count === 0) flow.firstMs = nowMs - TICK_MS;
    flow.count = held;
    flow.lastMs = nowMs;
  }
  if (nowMs - run.lastCheckpointMs >= run.checkpointIntervalMs) return true;
  if (held >= MAX_HELD) return true;
  if (run.window !== undefined) return held * 2 >= run.window;
  if (held < SUSPICIOUS) return false;
  const flowedMs = Math.max(1, flow.lastMs - flow.firstMs);
  return ((nowMs - flow.lastMs) * held) / flowedMs >= EXPECTED;
}
