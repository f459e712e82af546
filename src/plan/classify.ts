// Questions about bound expressions: does it contain an aggregate, may it be moved, shared or computed once. Used by binding, the
// building of the plan and the rewrite rules.
import type { StaticType } from '../data/value.ts';
import type { BoundCall, BoundExpr } from './bound.ts';
import { some } from './walk.ts';

export const isAggregateCall = (e: BoundExpr): e is BoundCall => e.kind === 'call' && e.def.kind === 'aggregate';
export const isAnalyticCall = (e: BoundExpr): e is BoundCall => e.kind === 'call' && e.def.kind === 'analytic';
/** last_hit_count() and friends: state that moves on only when the row passes. */
export const isHitCall = (e: BoundExpr): boolean =>
  e.kind === 'call' &&
  ((e.def.kind === 'analytic' && e.def.afterWhere === true) || (e.def.kind === 'aggregate' && e.def.hit !== undefined));
/** silent_for() and friends: their value also changes without a row. */
export const isTimerCall = (e: BoundExpr): e is BoundCall => e.kind === 'call' && e.def.kind === 'analytic' && e.def.timer !== undefined;
export const isTableCall = (e: BoundExpr): e is BoundCall => e.kind === 'call' && e.def.kind === 'table';
export const isWindowCall = (e: BoundExpr): e is BoundCall => e.kind === 'call' && e.def.kind === 'window';

export const hasAggregate = (e: BoundExpr): boolean => some(e, isAggregateCall);
export const hasAnalytic = (e: BoundExpr): boolean => some(e, isAnalyticCall);
export const hasWindowCall = (e: BoundExpr): boolean => some(e, isWindowCall);

/** True when evaluating it twice or at another time gives the same value and has no effect. */
export const isPure = (e: BoundExpr): boolean => !some(e, (n) => n.kind === 'call' && !(n.def.kind === 'scalar' && n.def.pure));

/** True when it needs no row: literals and pure functions of them. */
export const isConstant = (e: BoundExpr): boolean =>
  isPure(e) &&
  !some(
    e,
    (n) =>
      n.kind === 'column' ||
      n.kind === 'any-column' ||
      n.kind === 'meta' ||
      n.kind === 'wildcard' ||
      n.kind === 'alias' ||
      n.kind === 'local',
  );

/** Inputs that the expression reads; undefined when it may read any (an unqualified name in a schemaless join, a wildcard). */
export function inputsOf(e: BoundExpr): Set<number> | undefined {
  const found = new Set<number>();
  const unknown = some(e, (n) => {
    if (n.kind === 'column') found.add(n.input);
    if (n.kind === 'meta' || n.kind === 'wildcard') {
      if (n.input === undefined) return true;
      found.add(n.input);
    }
    // an element of UNNEST belongs to the row as a whole
    return n.kind === 'any-column' || n.kind === 'local';
  });
  return unknown ? undefined : found;
}

/** Conjuncts of a condition, left to right. */
export function conjunctsOf(e: BoundExpr): BoundExpr[] {
  return e.kind === 'binary' && e.op === 'AND' ? [...conjunctsOf(e.left), ...conjunctsOf(e.right)] : [e];
}

/** Static type, as far as it can be known before a row comes. */
export function typeOf(e: BoundExpr): StaticType {
  switch (e.kind) {
    case 'literal':
      return { int: 'bigint', float: 'float', string: 'string', bool: 'boolean', null: 'null', folded: 'unknown' }[e.node] as StaticType;
    case 'column':
      return e.type;
    case 'alias':
      return typeOf(e.alias.expr);
    case 'between':
    case 'in':
    case 'like':
      return 'boolean';
    case 'binary':
      return ['=', '!=', '<', '<=', '>', '>=', 'AND', 'OR'].includes(e.op) ? 'boolean' : 'unknown';
    case 'call':
      return e.def.returns === 'same' ? 'unknown' : e.def.returns;
    case 'wildcard':
      return 'struct';
    case 'slice':
      return 'array';
    case 'shared':
      return typeOf(e.expr);
    default:
      return 'unknown';
  }
}

/** count(*): counts rows and needs nothing of them. */
export const isRowCount = (e: BoundExpr): boolean =>
  e.kind === 'call' && e.def.kind === 'aggregate' && e.def.name === 'count' && e.args.length === 1 && e.args[0]!.kind === 'wildcard';
