// Scalar calls: the null rule first, then the body, by number of arguments so that nothing is allocated per row.
import type { Expr, NullRule, ScalarDefinition } from '../contract/function.ts';
import type { Value } from '../data/value.ts';
import { isDateTime } from '../data/value.ts';
import type { BoundCall } from '../plan/bound.ts';
import { argsOf, siteOf } from './call.ts';
import type { CompileContext } from './context.ts';

export function compileScalar(e: BoundCall, def: ScalarDefinition, ctx: CompileContext): Expr {
  const args = argsOf(e, ctx);
  if (def.compile) return compilePrepared(e, def, args, ctx);
  const exec = def.exec!;
  return def.nulls === 'pass' ? passing(exec, args) : guarded(exec, args, def.nulls);
}

type Exec = (...args: any[]) => Value;

function passing(exec: Exec, args: readonly Expr[]): Expr {
  const [a, b, c] = args;
  switch (args.length) {
    case 0:
      return () => exec();
    case 1:
      return (t) => exec(a!(t));
    case 2:
      return (t) => exec(a!(t), b!(t));
    case 3:
      return (t) => exec(a!(t), b!(t), c!(t));
    default:
      return (t) => exec(...args.map((x) => x(t)));
  }
}

function guarded(exec: Exec, args: readonly Expr[], rule: NullRule): Expr {
  const nothing = rule === 'false' ? false : null;
  const isNull = rule === 'null-or-empty' ? isNullOrEmpty : isNullValue;
  const [a, b, c] = args;
  switch (args.length) {
    case 0:
      return () => exec();
    case 1:
      return (t) => {
        const x = a!(t);
        return isNull(x) ? nothing : exec(x);
      };
    case 2:
      return (t) => {
        const x = a!(t);
        const y = b!(t);
        return isNull(x) || isNull(y) ? nothing : exec(x, y);
      };
    case 3:
      return (t) => {
        const x = a!(t);
        const y = b!(t);
        const z = c!(t);
        return isNull(x) || isNull(y) || isNull(z) ? nothing : exec(x, y, z);
      };
    default:
      return (t) => {
        const values = args.map((x) => x(t));
        return values.some(isNull) ? nothing : exec(...values);
      };
  }
}

/** A body that was made for this call gets its arguments from cells, so that each is evaluated once although the null rule looks first. */
function compilePrepared(e: BoundCall, def: ScalarDefinition, args: readonly Expr[], ctx: CompileContext): Expr {
  const site = siteOf(e, ctx);
  if (def.nulls === 'pass' || args.length === 0) return def.compile!(args, site);
  const nothing = def.nulls === 'false' ? false : null;
  const isNull = def.nulls === 'null-or-empty' ? isNullOrEmpty : isNullValue;
  // literals are there before the first row, for bodies that look at them when they are made
  const cells: Value[] = e.facts.map((f) => (f.literal ? f.value : null));
  const body = def.compile!(
    args.map((_, i) => () => cells[i]),
    site,
  );
  const n = args.length;
  return (t) => {
    let empty = false;
    const values: Value[] = n === 1 ? [] : new Array(n);
    for (let i = 0; i < n; i++) {
      const v = args[i]!(t);
      if (isNull(v)) empty = true;
      if (n === 1) cells[0] = v;
      else values[i] = v;
    }
    if (empty) return nothing;
    // filled only now: an argument may hold a call of the same place's function
    if (n > 1) for (let i = 0; i < n; i++) cells[i] = values[i];
    return body(t);
  };
}

const isNullValue = (v: Value): boolean => v === null || v === undefined;

function isNullOrEmpty(v: Value): boolean {
  if (v === null || v === undefined) return true;
  if (typeof v !== 'object') return false;
  if (Array.isArray(v)) return v.length === 0;
  if (v instanceof Uint8Array || isDateTime(v)) return false;
  for (const _ in v) return false;
  return true;
}
