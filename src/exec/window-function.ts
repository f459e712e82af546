// row_number() and its kind: one value per row of a collection, in its order. OVER (PARTITION BY … ORDER BY …) regroups the rows:
// partitions in order of their key's text, each sorted, each numbered from 1. A streaming row is a collection of one.
import type { Expr, WindowFunctionDefinition } from '../contract/function.ts';
import { groupKeyText } from '../data/compare.ts';
import { addToGroupKey } from '../data/group-key.ts';
import { compareText } from '../data/text.ts';
import type { Tuple } from '../data/tuple.ts';
import { operatorError } from './errors.ts';
import { type FailedRows, failureTeller } from './failed-rows.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';
import { type OrderSpec, sortGoodRows, sortRows } from './order.ts';

export interface WindowFunctionSpec {
  def: WindowFunctionDefinition;
  partitionBy: readonly Expr[];
  order: OrderSpec | undefined;
  slot: number;
  args: readonly Expr[];
  /** Set for standard SQL: a row that fails is left out alone, and partitions are told apart by kind. */
  failed?: FailedRows | undefined;
}

const PREFIX = 'run partition By error: ';

export function createWindowFunction(spec: WindowFunctionSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const over = spec.def.over!;
  const tell = spec.failed && failureTeller(spec.failed, PREFIX, host, stats);
  const sorted = (rows: readonly Tuple[]): Tuple[] =>
    !spec.order ? [...rows] : tell ? sortGoodRows(rows, spec.order, tell) : sortRows(rows, spec.order);
  const number = (rows: readonly Tuple[]): Tuple[] => {
    const inOrder = sorted(rows);
    inOrder.forEach((t, i) => {
      t.cols[spec.slot] = over(i, inOrder, spec.args);
    });
    return inOrder;
  };
  const apply = (rows: readonly Tuple[]): Tuple[] => {
    if (spec.partitionBy.length === 0) return number(rows);
    const groups = new Map<string, Tuple[]>();
    for (const t of rows) {
      let key: string;
      try {
        key = tell ? spec.partitionBy.reduce((k, p) => addToGroupKey(k, p(t)), '') : groupKeyText(spec.partitionBy.map((p) => p(t)));
      } catch (error) {
        if (!tell) throw error;
        tell(error, t);
        continue;
      }
      const group = groups.get(key);
      if (group) group.push(t);
      else groups.set(key, [t]);
    }
    const names = new Map([...groups].map(([key, [first]]) => [key, tell ? groupKeyText(spec.partitionBy.map((p) => p(first!))) : key]));
    return [...groups.keys()].sort((a, b) => compareText(names.get(a)!, names.get(b)!)).flatMap((key) => number(groups.get(key)!));
  };
  const run = (rows: readonly Tuple[]): Tuple[] | undefined => {
    stats.recordsIn++;
    try {
      const out = apply(rows);
      stats.recordsOut++;
      return out;
    } catch (error) {
      host.exception(stats, operatorError(PREFIX, error));
      return undefined;
    }
  };
  return {
    stats,
    row(t) {
      const row = run([t])?.[0];
      if (row) next.row(row);
    },
    rows(c) {
      const rows = run(c.rows);
      if (rows) next.rows({ rows, win: c.win });
    },
  };
}
