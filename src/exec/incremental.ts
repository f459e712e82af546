// Window and aggregation in one: rows are folded as they come and not kept. Where that is not possible (sliding windows, whose end
// each row decides, and very many overlapping ones) it is the window with rows and the aggregation behind it: same answers, more memory.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import { calendarOf } from '../windows/calendar.ts';
import type { WindowSpec } from '../windows/index.ts';
import { createKeyRoom } from '../windows/key-room.ts';
import { createRowStore } from '../windows/row-store.ts';
import { createAggregation } from './aggregate.ts';
import { failureTeller } from './failed-rows.ts';
import { createFolder } from './fold-group.ts';
import { foldStores, type Overlap } from './fold-store.ts';
import type { AggregateSpec, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import { createWindowOperator } from './window.ts';

/** More open windows than this take more memory than most windows have rows. */
const MAX_OPEN = 64;

export function createIncrementalWindow(
  window: WindowSpec,
  aggregate: AggregateSpec,
  host: ProgramHost,
  stats: OperatorStats,
  next: Downstream,
): Operator {
  const fail = (error: unknown): void => host.exception(stats, error);
  const send = (rows: Tuple[], win: WindowRange): void => {
    if (rows.length === 0) return;
    stats.recordsOut++;
    next.rows({ rows, win });
  };
  const tell = aggregate.failed && failureTeller(aggregate.failed, '', host, stats);
  const keepMeta = window.keepMeta !== false;
  if (canFold(window)) {
    const folder = createFolder(aggregate);
    // per key there is a store for each, and the keys are what is bounded
    const room = window.partitionBy?.length || aggregate.dims.length === 0 ? undefined : createKeyRoom(window.keyLimits, stats);
    const overlap = overlapOf(window);
    const store = { folder, keep: aggregate.keep ?? window.keep, keepMeta, tell, room, ...(overlap && { overlap }) };
    return createWindowOperator(window, host, stats, foldStores(store, send, fail));
  }
  const aggregation = createAggregation(aggregate, tell);
  const aggregateAndSend = (rows: Tuple[], win: WindowRange): void => {
    let out: Tuple[];
    try {
      out = aggregation(rows, win);
    } catch (error) {
      fail(error);
      return;
    }
    send(out, win);
  };
  return createWindowOperator(window, host, stats, () => createRowStore({ keep: window.keep, keepMeta }, aggregateAndSend));
}

/** True when the window's ends are known as its rows come, and not too many windows are open at once. */
function canFold(window: WindowSpec): boolean {
  if (window.kind === 'sliding') return false;
  const overlap = overlapOf(window);
  return overlap === undefined || overlap.length / overlap.step <= MAX_OPEN;
}

/** @returns undefined when windows follow each other */
function overlapOf(window: WindowSpec): Overlap | undefined {
  const { kind, lengthMs, intervalMs, count, countInterval } = window;
  if (kind === 'hopping') {
    const calendar = calendarOf(window);
    return { length: lengthMs!, step: intervalMs ?? lengthMs!, ...(calendar && { calendar }) };
  }
  if (kind === 'count' && countInterval && countInterval !== count) return { length: count!, step: countInterval };
  return undefined;
}
