// Window and aggregation in one: rows are folded as they come and not kept. Where that is not possible (sliding windows, folds that
// cannot be merged for windows that overlap) it is the window with rows and the aggregation behind it: same answers, more memory.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import type { WindowSpec } from '../windows/index.ts';
import { createRowStore } from '../windows/row-store.ts';
import { createAggregation } from './aggregate.ts';
import { createFolder } from './fold-group.ts';
import { createFoldStore } from './fold-store.ts';
import type { AggregateSpec, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import { createWindowOperator } from './window.ts';

/** More panes than this per window cost more to merge than rows cost to fold again. */
const MAX_PANES = 1000;

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
  const keepMeta = window.keepMeta !== false;
  const folder = createFolder(aggregate);
  const paneSize = paneSizeOf(window);
  if (paneSize !== undefined && (paneSize === Number.POSITIVE_INFINITY || folder.mergeable)) {
    const store = { folder, paneSize, keep: aggregate.keep ?? window.keep, keepMeta };
    return createWindowOperator(window, host, stats, () => createFoldStore(store, send, fail));
  }
  const aggregation = createAggregation(aggregate);
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

/** @returns size of a pane in positions, Infinity when one pane does, undefined when rows must be kept */
export function paneSizeOf(window: WindowSpec): number | undefined {
  switch (window.kind) {
    case 'tumbling':
    case 'session':
    case 'state':
      return Number.POSITIVE_INFINITY;
    case 'hopping': {
      const lengthMs = window.lengthMs!;
      return panes(lengthMs, window.intervalMs ?? lengthMs);
    }
    case 'count': {
      const interval = window.countInterval || window.count!;
      return interval === window.count ? Number.POSITIVE_INFINITY : panes(window.count!, interval);
    }
    case 'sliding':
      return undefined;
  }
}

function panes(length: number, step: number): number | undefined {
  const size = gcd(length, step);
  return length / size > MAX_PANES ? undefined : size;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
