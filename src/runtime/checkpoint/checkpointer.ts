// The one clock of all checkpoints: asks each rule that changed, ten times a second, whether it is due, and lets rules that hold messages of
// the same sources go together; the store groups them into one transaction. The answer is delivery/cadence.ts, the work rule/run-checkpoint.ts.
import type { Clock, TimerHandle } from '../../base/clock.ts';
import { TICK_MS } from '../delivery/cadence.ts';

export interface Checkpointed {
  /** Something waits for a checkpoint: a message, or state that changed. */
  readonly waits: boolean;
  /** Messages whose confirmation waits for a checkpoint. */
  readonly heldCount: number;
  /** One is being made. */
  readonly checkpointing: boolean;
  /** Resolves when the one under way is through. */
  settled(): Promise<void>;
  /** @param nowMs monotonic */
  dueAt(nowMs: number): boolean;
  /** Never rejects. */
  checkpoint(): Promise<void>;
  /** Sources that it reads. */
  readonly nodes: readonly object[];
}

export interface Checkpointer {
  add(run: Checkpointed): void;
  remove(run: Checkpointed): void;
  /** Called when something begins to wait. */
  wake(): void;
  /** Checkpoints this rule, and the rules that hold messages of the same sources. */
  now(run: Checkpointed): void;
  /** Checkpoints all rules that changed, in one turn. Resolves when each is through. @param taken told when the states are taken */
  all(taken: () => void): Promise<void>;
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
      if (!run.waits) continue;
      busy = true;
      if (!run.checkpointing && run.dueAt(nowMs)) now(run);
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
    async all(taken) {
      // none may be under way: each would give the state of an earlier moment
      while ([...runs].some((r) => r.checkpointing)) await Promise.all([...runs].map((r) => r.settled()));
      taken();
      await Promise.all([...runs].filter((r) => r.waits).map((r) => r.checkpoint()));
    },
    close() {
      closed = true;
      clock.clear(timer);
      runs.clear();
    },
  };
}
