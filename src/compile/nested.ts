// a->b, a[i], a[i:j]. Rules: ../shared/spec/sql.md §4.3.
import { messageOf, rowError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import { toInt64 } from '../data/cast.ts';
import { formatV, goTypeName } from '../data/go-format.ts';
import { isStruct, type Value } from '../data/value.ts';
import type { BoundIndex, BoundMember, BoundSlice } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';

/** Null gives null; anything but an object is an error; a missing member is null. */
export function compileMember(e: BoundMember, ctx: CompileContext): Expr {
  const object = compileExpr(e.object, ctx);
  const { name, computed } = e;
  return (t) => {
    const o = object(t);
    if (o == null) return null;
    if (!isStruct(o)) throw rowError(`the result ${formatV(o)} is not a type of map[string]interface{}`);
    if (computed) throw rowError('the right expression is not a field reference node');
    return Object.hasOwn(o, name) ? o[name] : undefined;
  };
}

export function compileIndex(e: BoundIndex, ctx: CompileContext): Expr {
  const object = compileExpr(e.object, ctx);
  const index = compileExpr(e.index, ctx);
  return (t) => {
    const list = object(t);
    if (list == null) return null;
    const items = arrayOf(list);
    const i = toIndex(index(t), 'index');
    return items[inside(i, items.length)];
  };
}

/** End exclusive; both ends may count from the end. `a[i:i]` is empty here, as documented (eKuiper gives the element). */
export function compileSlice(e: BoundSlice, ctx: CompileContext): Expr {
  const object = compileExpr(e.object, ctx);
  const from = e.from && compileExpr(e.from, ctx);
  const to = e.to && compileExpr(e.to, ctx);
  return (t) => {
    const list = object(t);
    if (list == null) return null;
    const items = arrayOf(list);
    const n = items.length;
    let start = from ? toIndex(from(t), 'colon start') : 0;
    if (start < 0) start = inside(start, n);
    else if (start >= n && !(start === 0 && n === 0 && !from)) throw rowError(`start value is out of index: ${start} of ${n}`);
    if (!to) return items.slice(start);
    let end = toIndex(to(t), 'colon end');
    if (end < 0) end = inside(end, n);
    else if (end > n) throw rowError(`end value is out of index: ${end} of ${n}`);
    else if (start > end) throw rowError(`start cannot be greater than end. start:${start}  end:${end}`);
    return items.slice(start, end);
  };
}

function arrayOf(v: Value): Value[] {
  if (!Array.isArray(v)) throw rowError(`[] is an invalid operation for ${goTypeName(v)}`);
  return v;
}

function toIndex(v: Value, what: string): number {
  try {
    return Number(toInt64(v, 'sameKind'));
  } catch (error) {
    throw rowError(`${what} ${formatV(v)} is not int: ${messageOf(error)}`);
  }
}

function inside(i: number, length: number): number {
  const at = i < 0 ? i + length : i;
  if (at < 0 || at >= length) throw rowError(`out of index: ${i} of ${length}`);
  return at;
}
