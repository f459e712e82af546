// Columns: a read of one slot. In schemaless joins the first joined row that has the field.
import type { Expr } from '../contract/function.ts';
import type { BoundAnyColumn, BoundColumn } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';

export function compileColumn(e: BoundColumn, ctx: CompileContext): Expr {
  const slot = ctx.frame.column(e.input, e.name);
  return (t) => t.cols[slot];
}

export function compileAnyColumn(e: BoundAnyColumn, ctx: CompileContext): Expr {
  const slots = e.inputs.map((i) => ctx.frame.column(i, e.name));
  return (t) => {
    for (const slot of slots) {
      const v = t.cols[slot];
      if (v !== undefined) return v;
    }
    return undefined;
  };
}
