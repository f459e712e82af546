// `*` as a value: the whole row as an object. With EXCEPT, REPLACE or several inputs a new object, otherwise the decoded one itself.
import type { Expr } from '../contract/function.ts';
import { setMember } from '../data/set-member.ts';
import type { ValueObject } from '../data/value.ts';
import type { BoundWildcard } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';

export function compileWildcard(e: BoundWildcard, ctx: CompileContext): Expr {
  const slots = (e.input === undefined ? ctx.frame.inputs : [e.input]).map((i) => ctx.frame.star(i));
  const replace = e.replace.map((r) => ({ name: r.name, value: compileExpr(r.expr, ctx) }));
  if (slots.length === 1 && e.except.length === 0 && replace.length === 0) {
    const slot = slots[0]!;
    return (t) => t.cols[slot] ?? {};
  }
  const except = new Set(e.except);
  return (t) => {
    const out: ValueObject = {};
    for (let i = slots.length - 1; i >= 0; i--) {
      const row = t.cols[slots[i]!] as ValueObject | undefined;
      // later inputs first, so that earlier ones win
      if (row) for (const key of Object.keys(row)) if (!except.has(key)) setMember(out, key, row[key]);
    }
    for (const r of replace) setMember(out, r.name, r.value(t));
    return out;
  };
}
