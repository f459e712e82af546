// Columns: a read of one slot. In schemaless joins the first joined row that has the field.
import type { Expr } from '../contract/function.ts';
import type { Row } from '../data/value.ts';
import type { BoundAnyColumn, BoundColumn } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';

export function compileColumn(e: BoundColumn, ctx: CompileContext): Expr {
  const slot = ctx.frame.column(e.input, e.name);
  return ctx.anyCase.has(e.input) ? inAnyCase(slot, ctx.frame.star(e.input), e.name) : (t) => t.cols[slot];
}

/** The field of exactly this name, else the first one that differs in case only. */
function inAnyCase(slot: number, star: number, name: string): Expr {
  const lower = name.toLowerCase();
  return (t) => {
    const exact = t.cols[slot];
    if (exact !== undefined) return exact;
    const object = t.cols[star] as Row | undefined;
    for (const key in object) if (key.toLowerCase() === lower) return object[key];
    return undefined;
  };
}

export function compileAnyColumn(e: BoundAnyColumn, ctx: CompileContext): Expr {
  const reads = e.inputs.map((input) =>
    compileColumn({ kind: 'column', input, name: e.name, type: 'unknown', qualified: false, span: e.span }, ctx),
  );
  return (t) => {
    for (const read of reads) {
      const v = read(t);
      if (v !== undefined) return v;
    }
    return undefined;
  };
}
