// One moment of all rules, for a backup of a gateway that runs: their states are taken in one turn and stored, and what queues hold of later results
// is left out, since a rule that begins with that state makes them again. Called by runtime/index.ts.
import type { Clock } from '../../base/clock.ts';
import type { Moment } from '../api.ts';
import type { Rule } from '../rule/rule.ts';
import { pageUntil } from '../sink/durable-queue.ts';
import { isParkedName, ruleOfQueue } from '../sink/names.ts';
import type { Checkpointer } from './checkpointer.ts';

const LOOK_AGAIN_MS = 50;

/** @param patienceMs a sink whose peer is away stores what waits for it in this time */
export async function takeMoment(
  rules: readonly Rule[],
  checkpointer: Pick<Checkpointer, 'all'>,
  clock: Clock,
  patienceMs: number,
): Promise<Moment> {
  const endMs = clock.monotonic() + patienceMs;
  const changed = () => ({ atMs: clock.now(), rules: rules.filter((r) => r.state === 'running' && r.run?.checkpoints.waits) });
  let taken = changed();
  let done = false;
  void checkpointer
    .all(() => {
      if (clock.monotonic() < endMs) taken = changed();
    })
    .then(() => {
      done = true;
    });
  const inMemory = () =>
    rules.some((r) => r.state === 'running' && r.run?.sinks.some((s) => s.pending > 0 && s.line.state.link === 'down'));
  while ((!done || inMemory()) && clock.monotonic() < endMs) await clock.sleep(LOOK_AGAIN_MS);
  const { atMs } = taken;
  const late = taken.rules.filter((r) => (r.run?.checkpoints.takenAtMs ?? 0) < atMs);
  const momentOf = (id: string): number => {
    const takenAtMs = rules.find((r) => r.id === id)?.run?.checkpoints.takenAtMs ?? 0;
    return late.some((r) => r.id === id) && takenAtMs > 0 ? takenAtMs : Math.max(atMs, takenAtMs);
  };
  return {
    late: late.map((r) => r.id),
    momentOf,
    pageAt(queue, page, payload) {
      // one row a page, with the time of its arrival
      if (isParkedName(queue)) return page.atMs <= momentOf(ruleOfQueue(queue)) ? { payload, rows: page.rows } : undefined;
      return pageUntil(payload, momentOf(ruleOfQueue(queue)));
    },
  };
}
