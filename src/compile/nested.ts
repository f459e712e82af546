// a->b, a[i], a[i:j]. Rules: docs/spec/sql.md §4.3.
import { rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { brief, describe, goTypeName } from '../data/go-format.ts';
import type { Tuple } from '../data/tuple.ts';
import { isStruct, type Value } from '../data/value.ts';
import type { BoundExpr, BoundIndex, BoundMember, BoundSlice } from '../plan/bound.ts';
import { ekuiperText } from '../plan/text.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';

/** Null gives null, and so does a scalar (an error when the row has a column of the member's name, as in eKuiper); an array is an error; a missing member is null. */
export function compileMember(e: BoundMember, ctx: CompileContext): Expr {
  const object = compileExpr(e.object, ctx);
  const { name, computed } = e;
  const shadow = e.shadow && compileExpr(e.shadow, ctx);
  return (t) => {
    const o = object(t);
    if (!isStruct(o)) {
      if (o == null) return null;
      if (Array.isArray(o) || o instanceof Uint8Array) throw rowError(`the result ${brief(o)} is not a type of map[string]interface{}`);
      const other = shadow?.(t);
      if (other != null) throw rowError(`invalid operation ${describe(o)} -> ${describe(other)}`);
      return null;
    }
    if (computed) throw rowError('the right expression is not a field reference node');
    return Object.hasOwn(o, name) ? o[name] : undefined;
  };
}

/** In standard SQL a place that the list does not have is null, and a text is the name of a member: `a["b c"]`, `a[name]`; with sqlCompatibility ekuiper both are
 *  errors of the row. */
export function compileIndex(e: BoundIndex, ctx: CompileContext): Expr {
  const object = compileExpr(e.object, ctx);
  const index = compileExpr(e.index, ctx);
  const toInt = intOf(e.index, 'index', ctx);
  const { standard } = ctx;
  return (t) => {
    const list = object(t);
    if (isStruct(list)) {
      const member = standard ? index(t) : undefined;
      if (typeof member !== 'string') return arrayOf(list);
      return Object.hasOwn(list, member) ? list[member] : undefined;
    }
    if (standard && list == null) return null;
    // the index is looked at first, also when there is nothing to index
    const i = toInt(index(t));
    if (list == null) return null;
    const items = arrayOf(list);
    return standard ? items[i < 0 ? i + items.length : i] : items[inside(i, items.length)];
  };
}

/** End exclusive; both ends may count from the end. An end that is not after the start is an error, as in a literal slice. */
export function compileSlice(e: BoundSlice, ctx: CompileContext): Expr {
  const object = compileExpr(e.object, ctx);
  const from = e.from ? indexOf(e.from, 'colon start', ctx) : () => 0;
  const to = e.to && indexOf(e.to, 'colon end', ctx);
  return (t) => {
    const list = object(t);
    if (isStruct(list)) return arrayOf(list);
    let start = from(t);
    let end = to?.(t);
    if (list == null) return null;
    const items = arrayOf(list);
    const n = items.length;
    if (start < 0) start = inside(start, n);
    else if (start >= n) throw rowError(`start value is out of index: ${start} of ${n}`);
    if (end === undefined) return items.slice(start);
    const counted = end < 0;
    if (counted) end = inside(end, n);
    else if (end > n) throw rowError(`end value is out of index: ${end} of ${n}`);
    if (start > end || (start === end && !counted)) throw rowError(`start cannot be greater than end. start:${start}  end:${end}`);
    return items.slice(start, end);
  };
}

function arrayOf(v: Value): Value[] {
  if (!Array.isArray(v)) throw rowError(`[] is an invalid operation for ${goTypeName(v)}`);
  return v;
}

function indexOf(e: BoundExpr, what: string, ctx: CompileContext): (t: Tuple) => number {
  const value = compileExpr(e, ctx);
  const toInt = intOf(e, what, ctx);
  return (t) => toInt(value(t));
}

/** @returns throws rowError naming the expression, as eKuiper does */
function intOf(e: BoundExpr, what: string, ctx: CompileContext): (v: Value) => number {
  const text = ekuiperText(e, ctx.names);
  return (v) => {
    if (typeof v === 'number') return Math.trunc(v);
    if (typeof v === 'bigint') return Number(v);
    throw rowError(`${what} ${text} is not int: cannot convert ${describe(v)} to int`);
  };
}

function inside(i: number, length: number): number {
  const at = i < 0 ? i + length : i;
  if (at < 0 || at >= length) throw rowError(`out of index: ${i} of ${length}`);
  return at;
}
