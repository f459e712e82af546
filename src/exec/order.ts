// ORDER BY over a collection. Nulls are last in both directions; values of different kinds are an error of the whole collection.
// Keys are computed once per row; the sort is stable, which eKuiper leaves open.
import type { Expr } from '../contract/function.ts';
import { compareForOrder } from '../data/compare.ts';
import { spendSort } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import { operatorError } from './errors.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface OrderSpec {
  items: readonly { value: Expr; descending: boolean }[];
  timeZone: string;
}

export function createOrder(spec: OrderSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  return {
    stats,
    row(t) {
      stats.recordsIn++;
      stats.recordsOut++;
      next.row(t);
    },
    rows(c) {
      stats.recordsIn++;
      let rows: Tuple[];
      try {
        rows = sortRows(c.rows, spec);
      } catch (error) {
        host.exception(stats, operatorError('run Order By error: ', error));
        return;
      }
      stats.recordsOut++;
      next.rows({ rows, win: c.win });
    },
  };
}

/** @throws rowError `incompatible types for comparison: …` also when the sort would not have met the pair */
export function sortRows(rows: readonly Tuple[], spec: OrderSpec): Tuple[] {
  const { items, timeZone } = spec;
  if (rows.length > 16) spendSort(rows.length * (1 + items.length));
  const keyed = rows.map((t) => ({ t, keys: items.map((s) => s.value(t)) }));
  for (let k = 0; k < items.length; k++) {
    const first = keyed.find((r) => r.keys[k] != null)?.keys[k];
    for (const r of keyed) if (r.keys[k] != null) checkKinds(first, r.keys[k], timeZone);
  }
  keyed.sort((a, b) => {
    for (let k = 0; k < items.length; k++) {
      const order = compareForOrder(a.keys[k], b.keys[k], items[k]!.descending, timeZone);
      if (order !== 0) return order;
    }
    return 0;
  });
  return keyed.map((r) => r.t);
}

const checkKinds = (a: Value, b: Value, zone: string): void => void compareForOrder(a, b, false, zone);
