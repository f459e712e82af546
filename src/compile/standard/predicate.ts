// BETWEEN, IN and LIKE in standard SQL: null where a null leaves the answer open. Called by ../predicate.ts.
import { isBudgetError, spend } from '../../base/budget.ts';
import { rowError } from '../../base/errors/gateway-error.ts';
import type { Expr } from '../../contract/function.ts';
import { refuseContainer } from '../../data/arithmetic.ts';
import { between, eqItem, ge, le } from '../../data/compare.ts';
import { brief } from '../../data/go-format.ts';
import { createLike, type LikeMatcher } from '../../data/like.ts';
import type { Tuple } from '../../data/tuple.ts';
import type { Value } from '../../data/value.ts';
import type { BoundBetween, BoundIn, BoundLike } from '../../plan/bound.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';
import { literalMembers } from '../predicate.ts';

/** `v >= low AND v <= high`: one bound alone can say no. */
export function standardBetween(e: BoundBetween, ctx: CompileContext): Expr {
  const value = compileExpr(e.value, ctx);
  const low = compileExpr(e.low, ctx);
  const high = compileExpr(e.high, ctx);
  const zone = ctx.env.timeZone;
  const { not } = e;
  return (t) => {
    const v = value(t);
    const a = low(t);
    if (v == null) return null;
    // decided: the other bound is not asked for
    if (a != null && !ge(v, a, zone)) return not;
    const b = high(t);
    if (a != null && b != null) return between(v, a, b, zone) !== not;
    if (b != null && !le(v, b, zone)) return not;
    return null;
  };
}

/** A null among the items leaves open whether the value is one of them; so does an item that cannot be compared, as an error. */
export function standardIn(e: BoundIn, ctx: CompileContext): Expr {
  const value = compileExpr(e.value, ctx);
  const { not } = e;
  const op = not ? 'NOT IN' : 'IN';
  const zone = ctx.env.timeZone;
  const search = (v: Value, items: Iterable<Value>): boolean | null => {
    let open = false;
    let failure: unknown;
    for (const item of items) {
      if (item == null) {
        open = true;
        continue;
      }
      try {
        if (eqItem(v, item, zone)) return !not;
      } catch (error) {
        if (isBudgetError(error)) throw error;
        failure ??= error;
      }
    }
    if (failure !== undefined) throw failure;
    return open ? null : not;
  };
  if (e.list) {
    const list = e.list.map((x) => compileExpr(x, ctx));
    const members = literalMembers(e.list);
    const kind = members && typeof members.values().next().value;
    return (t) => {
      const v = value(t);
      if (members && typeof v === kind) return members.has(v as string | number) !== not;
      if (v == null) return null;
      if (typeof v === 'object') refuseContainer(v, op);
      return search(v, valuesOf(list, t));
    };
  }
  const set = compileExpr(e.set!, ctx);
  return (t) => {
    const v = value(t);
    if (typeof v === 'object') refuseContainer(v, op);
    const items = set(t);
    if (items == null) return null;
    if (!Array.isArray(items)) return not;
    if (items.length === 0) return not;
    if (v == null) return null;
    if (items.length > 64) spend(items.length / 4);
    return search(v, items);
  };
}

function* valuesOf(list: readonly Expr[], t: Tuple): Generator<Value> {
  for (const item of list) yield item(t);
}

/** @param pattern matcher of the row's pattern; undefined when the pattern is null */
export function standardLike(e: BoundLike, ctx: CompileContext): Expr {
  const value = compileExpr(e.value, ctx);
  const { not } = e;
  const pattern = compileExpr(e.pattern, ctx);
  let text: string | undefined;
  let matcher: LikeMatcher = createLike('');
  return (t) => {
    const v = value(t);
    const p = pattern(t);
    if (v == null || p == null) return null;
    if (typeof v !== 'string') throw rowError(`LIKE operator left operand expects string, but found ${brief(v)}`);
    if (typeof p !== 'string') throw rowError(`invalid LIKE pattern, must be a string but got ${brief(p)}`);
    if (p !== text) {
      matcher = createLike(p);
      text = p;
    }
    return matcher(v) !== not;
  };
}
