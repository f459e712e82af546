// The window operator: filters rows, gives them to a window kind (src/windows) and passes on what it sends. Two forms: createWindow keeps
// rows; incremental.ts uses the same operator over a store of accumulators.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import { createWindowLogic, type WindowDeps, type WindowSpec, type WindowStore } from '../windows/index.ts';
import { createKeyRoom } from '../windows/key-room.ts';
import { createRowStore } from '../windows/row-store.ts';
import { countFailure } from './count-failure.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import { createWindowFilter } from './window-filter.ts';

/** A window that keeps its rows and sends them as one collection, `win` set on it and on each row. */
export function createWindow(spec: WindowSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const send = (rows: Tuple[], win: WindowRange): void => {
    stats.recordsOut++;
    next.rows({ rows, win });
  };
  const store = { keep: spec.keep, keepMeta: spec.keepMeta !== false };
  return createWindowOperator(spec, host, stats, () => createRowStore(store, send));
}

/** @param newStore makes what holds the content of one window (one per partition for state windows) */
export function createWindowOperator(spec: WindowSpec, host: ProgramHost, stats: OperatorStats, newStore: () => WindowStore): Operator {
  const passes = createWindowFilter(spec.filter, host, stats);
  const deps: WindowDeps = {
    clock: host.clock,
    newStore,
    room: createKeyRoom(spec.keyLimits, stats),
    failed: (error) => countFailure(host, stats, error),
    guard(work) {
      try {
        work();
      } catch (error) {
        host.exception(stats, error);
      }
    },
  };
  const make = () => createWindowLogic(spec, deps);
  let logic = make();
  const { conditions } = spec;
  const keyed = (spec.partitionBy?.length ?? 0) > 0;

  const row = (t: Tuple): void => {
    stats.recordsIn++;
    if (!passes(t)) return;
    host.touch();
    if (!keyed) {
      logic.row(t);
      return;
    }
    try {
      logic.row(t);
    } catch (error) {
      // no key, or no room for another one: this row is out, nobody else's
      host.exception(stats, error);
    }
  };
  return {
    stats,
    row,
    rows(c) {
      // windows stand at the start of a plan; a collection (lookup join below a window) is taken row by row
      for (const t of c.rows) row(t);
    },
    ...(logic.watermark && { watermark: (tsMs: number) => logic.watermark!(tsMs) }),
    start: () => logic.start?.(),
    close: () => logic.close?.(),
    explain: () => ({ window: spec }),
    // a checkpoint is written some time after it is taken: what is given out here must not change with later rows
    save: () => ({ kind: spec.kind, window: logic.save(), conditions: conditions?.size ? structuredClone(conditions.save()) : undefined }),
    load(state) {
      const saved = state as { kind?: unknown; window?: unknown; conditions?: unknown };
      try {
        if (saved?.kind !== spec.kind) throw new Error(`state of kind ${String(saved?.kind)}, not ${spec.kind}`);
        logic.load(saved.window);
        if (saved.conditions !== undefined) conditions?.load(saved.conditions);
      } catch (error) {
        // half of it may have been taken over: begin with a fresh window
        logic = make();
        host.log.warn({ rule: host.ruleId, op: stats.name, error }, 'Saved state does not fit the window; it starts empty.');
      }
    },
  };
}
