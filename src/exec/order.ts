// ORDER BY over a collection. Nulls are last in both directions. A row whose key fails, or is of another kind than most, is left out
// (failed-rows.ts); with sqlCompatibility ekuiper it is an error of the whole collection.
// Keys are computed once per row; the sort is stable, which eKuiper leaves open.
import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { compareForOrder } from '../data/compare.ts';
import { describe, spendSort } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import { isDateTime, type Value } from '../data/value.ts';
import { operatorError } from './errors.ts';
import { type FailedRows, failureTeller, type TellFailure } from './failed-rows.ts';
import type { Downstream, Operator, OperatorStats, ProgramHost } from './operator.ts';

export interface OrderSpec {
  items: readonly { value: Expr; descending: boolean }[];
  timeZone: string;
  /** Set for standard SQL. */
  failed?: FailedRows | undefined;
}

const PREFIX = 'run Order By error: ';

export function createOrder(spec: OrderSpec, host: ProgramHost, stats: OperatorStats, next: Downstream): Operator {
  const tell = spec.failed && failureTeller(spec.failed, PREFIX, host, stats);
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
        rows = tell ? sortGoodRows(c.rows, spec, tell) : sortRows(c.rows, spec);
        if (tell && rows.length === 0 && c.rows.length > 0) return;
      } catch (error) {
        host.exception(stats, operatorError(PREFIX, error));
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

/** Which values can be put in order with each other. */
type OrderKind = 'number' | 'text' | 'boolean' | 'datetime' | 'none';

function kindOf(v: Value): OrderKind {
  switch (typeof v) {
    case 'number':
    case 'bigint':
      return 'number';
    case 'string':
      return 'text';
    case 'boolean':
      return 'boolean';
    default:
      return isDateTime(v) ? 'datetime' : 'none';
  }
}

interface Keyed {
  t: Tuple;
  keys: Value[];
}

/** NaN has no place in an order: it counts as null. */
const orderable = (v: Value): Value => (typeof v === 'number' && Number.isNaN(v) ? null : v);

/** Standard SQL: rows that cannot be put in order are told and left out.
 *  @returns the others in order */
export function sortGoodRows(rows: readonly Tuple[], spec: OrderSpec, tell: TellFailure): Tuple[] {
  const { items, timeZone } = spec;
  if (rows.length > 16) spendSort(rows.length * (1 + items.length));
  let good: Keyed[] = [];
  for (const t of rows) {
    try {
      good.push({ t, keys: items.map((s) => orderable(s.value(t))) });
    } catch (error) {
      tell(error, t);
    }
  }
  for (let k = 0; k < items.length; k++) {
    const kind = mostOf(good.map((r) => r.keys[k]));
    good = good.filter((r) => {
      const v = r.keys[k];
      if (v == null || (kindOf(v) === kind && kind !== 'none')) return true;
      tell(
        rowError(`${describe(v)} cannot be put in order with the ${kind === 'none' ? 'other rows' : `${kind}s`} of the other rows`),
        r.t,
      );
      return false;
    });
  }
  good.sort((a, b) => {
    for (let k = 0; k < items.length; k++) {
      const order = compareKeys(a.keys[k], b.keys[k], items[k]!.descending, timeZone);
      if (order !== 0) return order;
    }
    return 0;
  });
  return good.map((r) => r.t);
}

/** The kind of most values; of equally many the one that came first. */
function mostOf(values: readonly Value[]): OrderKind {
  const counts = new Map<OrderKind, number>();
  for (const v of values) if (v != null) counts.set(kindOf(v), (counts.get(kindOf(v)) ?? 0) + 1);
  let most: OrderKind = 'none';
  for (const [kind, n] of counts) if (kind !== 'none' && n > (counts.get(most) ?? 0)) most = kind;
  return most;
}

function compareKeys(a: Value, b: Value, descending: boolean, zone: string): number {
  if (typeof a === 'boolean' && typeof b === 'boolean') return a === b ? 0 : a === descending ? -1 : 1;
  return compareForOrder(a, b, descending, zone);
}

const checkKinds = (a: Value, b: Value, zone: string): void => void compareForOrder(a, b, false, zone);
