// GROUP BY over a collection: one output row per group, in the order in which the groups first appear; without dimensions one row in all,
// also for an empty window. A row or group that fails fails the whole collection, as in eKuiper.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import { createFolder, type Group } from './fold-group.ts';
import type { AggregateSpec, Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

/** @returns what a collection aggregates to: [] for an empty one with dimensions. It throws what a row throws. */
export function createAggregation(spec: AggregateSpec): (rows: readonly Tuple[], win: WindowRange | undefined) => Tuple[] {
  const folder = createFolder(spec);
  return (rows, win) => {
    const groups = new Map<string, Group>();
    for (const t of rows) {
      const key = folder.keyOf(t);
      let group = groups.get(key);
      if (!group) {
        group = folder.newGroup(key, t);
        groups.set(key, group);
      }
      folder.add(group, t);
    }
    if (groups.size > 0) return Array.from(groups.values(), (g) => folder.result(g, win));
    const empty = folder.empty(win);
    return empty ? [empty] : [];
  };
}

export function createAggregate(spec: AggregateSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const aggregate = createAggregation(spec);
  const rows = (c: Collection): void => {
    stats.recordsIn++;
    let out: Tuple[];
    try {
      out = aggregate(c.rows, c.win);
    } catch (error) {
      host.exception(stats, error);
      return;
    }
    if (out.length === 0) return;
    stats.recordsOut++;
    next.rows({ rows: out, win: c.win });
  };
  return { stats, rows, row: (t) => rows({ rows: [t], win: t.win }) };
}
