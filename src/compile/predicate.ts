// BETWEEN, IN, LIKE.
import { isBudgetError, spend } from '../base/budget.ts';
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { refuseContainer } from '../data/arithmetic.ts';
import { between, eqItem } from '../data/compare.ts';
import { brief } from '../data/go-format.ts';
import { createLike, type LikeMatcher } from '../data/like.ts';
import type { Value } from '../data/value.ts';
import type { BoundBetween, BoundExpr, BoundIn, BoundLike } from '../plan/bound.ts';
import { exactNumber } from './column-comparison.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';
import { standardBetween, standardIn, standardLike } from './standard/predicate.ts';

/** Null makes BETWEEN and NOT BETWEEN false alike. */
export function compileBetween(e: BoundBetween, ctx: CompileContext): Expr {
  if (ctx.standard) return standardBetween(e, ctx);
  const value = compileExpr(e.value, ctx);
  const low = compileExpr(e.low, ctx);
  const high = compileExpr(e.high, ctx);
  const zone = ctx.env.timeZone;
  const { not } = e;
  return (t) => {
    const v = value(t);
    if (v == null) return false; // the bounds are not asked for
    const a = low(t);
    const b = high(t);
    const holds = between(v, a, b, zone);
    if (!not || a == null || b == null) return holds;
    return !holds;
  };
}

/** A set that is null or no array holds nothing (ekuiper-defects.md 3); a null value is in no set and also not NOT IN. The items of a list
 *  are evaluated one after the other until one fits, so an item behind it cannot fail. */
export function compileIn(e: BoundIn, ctx: CompileContext): Expr {
  if (ctx.standard) return standardIn(e, ctx);
  const value = compileExpr(e.value, ctx);
  const { not } = e;
  const op = not ? 'NOT IN' : 'IN';
  const zone = ctx.env.timeZone;
  if (e.list) {
    const list = e.list.map((x) => compileExpr(x, ctx));
    const members = literalMembers(e.list);
    const kind = members && typeof members.values().next().value;
    return (t) => {
      const v = value(t);
      if (members && typeof v === kind) return members.has(v as string | number) !== not;
      if (v == null) return false;
      if (typeof v === 'object') refuseContainer(v, op);
      for (const item of list) if (isIn(v, item(t), zone)) return !not;
      return not;
    };
  }
  const set = compileExpr(e.set!, ctx);
  return (t) => {
    const v = value(t);
    if (typeof v === 'object') refuseContainer(v, op);
    const items = set(t);
    if (items == null) return not;
    if (v == null) return false;
    if (!Array.isArray(items)) return not;
    if (items.length > 64) spend(items.length / 4);
    for (const item of items) if (isIn(v, item, zone)) return !not;
    return not;
  };
}

/** Literals of one kind as a set: a text or float is looked up at once. Other values, and lists of mixed kinds, go item by item. */
export function literalMembers(list: readonly BoundExpr[]): ReadonlySet<string | number> | undefined {
  const texts = list.map((x) => (x.kind === 'literal' && typeof x.value === 'string' ? x.value : undefined));
  if (list.length > 0 && texts.every((x) => x !== undefined)) return new Set(texts);
  const numbers = list.map(exactNumber);
  return list.length > 0 && numbers.every((x) => x !== undefined) ? new Set(numbers) : undefined;
}

function isIn(v: Value, item: Value, zone: string): boolean {
  try {
    return eqItem(v, item, zone);
  } catch (error) {
    if (isBudgetError(error)) throw error;
    throw rowError(`evaluate in expression error: ${messageOf(error)}`);
  }
}

export function compileLike(e: BoundLike, ctx: CompileContext): Expr {
  if (ctx.standard) return standardLike(e, ctx);
  const value = compileExpr(e.value, ctx);
  const { not } = e;
  const matcher = compilePattern(e, ctx);
  return (t) => {
    const v = value(t);
    if (typeof v !== 'string') throw rowError(`LIKE operator left operand expects string, but found ${brief(v)}`);
    return matcher(t)(v) !== not;
  };
}

/** A literal pattern is prepared once, any other when it changes. */
function compilePattern(e: BoundLike, ctx: CompileContext): (t: Parameters<Expr>[0]) => LikeMatcher {
  const pattern = compileExpr(e.pattern, ctx);
  if (e.pattern.kind === 'literal' && typeof e.pattern.value === 'string') {
    const fixed = createLike(e.pattern.value);
    return () => fixed;
  }
  let lastText: string | undefined;
  let last: LikeMatcher = createLike('');
  return (t) => {
    const p = pattern(t);
    if (typeof p !== 'string') throw rowError(`invalid LIKE pattern, must be a string but got ${brief(p)}`);
    if (p !== lastText) {
      last = createLike(p);
      lastText = p;
    }
    return last;
  };
}
