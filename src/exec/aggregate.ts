// GROUP BY over a collection: one output row per group, in the order in which the groups first appear; without dimensions one row in all,
// also for an empty window. A row or group that fails is left out (failed-rows.ts); with sqlCompatibility ekuiper it fails the whole collection.
import type { Tuple, WindowRange } from '../data/tuple.ts';
import { failureTeller, type TellFailure } from './failed-rows.ts';
import { createFolder, type Group } from './fold-group.ts';
import type { AggregateSpec, Collection, Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

/** @param tell set for standard SQL: rows and groups that fail are left out and told; undefined: they throw
 *  @returns what a collection aggregates to: [] for an empty one with dimensions. It throws what a row throws. */
export function createAggregation(
  spec: AggregateSpec,
  tell: TellFailure | undefined,
): (rows: readonly Tuple[], win: WindowRange | undefined) => Tuple[] {
  const folder = createFolder(spec);
  return (rows, win) => {
    const groups = new Map<string, Group>();
    for (const t of rows) {
      let key: string | undefined;
      try {
        key = folder.keyOf(t);
        let group = groups.get(key);
        if (group) folder.add(group, t);
        else {
          group = folder.newGroup(key, t);
          folder.add(group, t);
          groups.set(key, group);
        }
      } catch (error) {
        if (!tell) throw error;
        tell(error, t, key === undefined ? undefined : folder.shownKey(t));
      }
    }
    if (groups.size > 0) return folder.results(groups.values(), win, tell);
    const empty = folder.empty(win);
    return empty ? [empty] : [];
  };
}

export function createAggregate(spec: AggregateSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const aggregate = createAggregation(spec, spec.failed && failureTeller(spec.failed, '', host, stats));
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
