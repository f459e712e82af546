// row_number() and its kind: one value per row of a collection, in its order. OVER (PARTITION BY … ORDER BY …) regroups the rows:
// partitions in order of their key's text, each sorted, each numbered from 1. A streaming row is a collection of one.
import type { Expr, WindowFunctionDefinition } from '../contract/function.ts';
import { groupKeyText } from '../data/compare.ts';
import { compareText } from '../data/text.ts';
import type { Tuple } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import { type OrderSpec, sortRows } from './order.ts';

export interface WindowFunctionSpec {
  def: WindowFunctionDefinition;
  partitionBy: readonly Expr[];
  order: OrderSpec | undefined;
  slot: number;
}

export function createWindowFunction(spec: WindowFunctionSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const over = spec.def.over!;
  const number = (rows: readonly Tuple[]): Tuple[] => {
    const sorted = spec.order ? sortRows(rows, spec.order) : [...rows];
    sorted.forEach((t, i) => {
      t.cols[spec.slot] = over(i, sorted);
    });
    return sorted;
  };
  const apply = (rows: readonly Tuple[]): Tuple[] => {
    if (spec.partitionBy.length === 0) return number(rows);
    const groups = new Map<string, Tuple[]>();
    for (const t of rows) {
      const key = groupKeyText(spec.partitionBy.map((p) => p(t)));
      const group = groups.get(key);
      if (group) group.push(t);
      else groups.set(key, [t]);
    }
    return [...groups.keys()].sort(compareText).flatMap((key) => number(groups.get(key)!));
  };
  const run = (rows: readonly Tuple[]): Tuple[] | undefined => {
    stats.recordsIn++;
    try {
      const out = apply(rows);
      stats.recordsOut++;
      return out;
    } catch (error) {
      host.exception(stats, operatorError('run partition By error: ', error));
      return undefined;
    }
  };
  return {
    stats,
    row(t) {
      const rows = run([t]);
      if (rows) next.row(rows[0]!);
    },
    rows(c) {
      const rows = run(c.rows);
      if (rows) next.rows({ rows, win: c.win });
    },
  };
}
