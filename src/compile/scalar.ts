// Scalar calls: the null rule first, then the body, by number of arguments so that nothing is allocated per row.
import { inFunction, spend, spendText } from '../base/budget.ts';
import type { CallSite, Expr, NullRule, ScalarDefinition } from '../contract/function.ts';
import type { Value } from '../data/value.ts';
import { isDateTime } from '../data/value.ts';
import type { BoundCall, BoundExpr, BoundLambda } from '../plan/bound.ts';
import { some } from '../plan/walk.ts';
import { argsOf, siteOf } from './call.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';
import { isLambda, placesOf } from './local.ts';
import { compileOfOneType } from './standard/one-type.ts';

export function compileScalar(e: BoundCall, def: ScalarDefinition, ctx: CompileContext): Expr {
  const lambda = def.lambda && e.args.find(isLambda);
  if (lambda) {
    const places = placesOf(lambda, ctx);
    const parts = e.args.map((a) => compileExpr(a, a === lambda ? places.ctx : ctx));
    const grows = growsOf(lambda, places.ctx);
    return named(def.compile!(parts, { ...siteOf(e, ctx), params: places.params, ...(grows && { grows }) }), def.name);
  }
  const args = def.oneType && ctx.standard ? compileOfOneType(e.args, ctx) : argsOf(e, ctx);
  if (def.compile) {
    const prepared = named(compilePrepared(e, def, args, ctx), def.name);
    return def.pure || def.outside !== undefined || !ctx.outside ? prepared : ctx.outside.once(prepared);
  }
  const exec = def.exec!;
  const expr = def.nulls === 'pass' ? passing(exec, args, def.name) : guarded(exec, args, def.nulls, def.name);
  return def.pure || !ctx.outside ? expr : ctx.outside.once(expr);
}

/** @returns what a lambda puts behind its first parameter, when it does nothing else with it */
function growsOf({ params, body }: BoundLambda, ctx: CompileContext): CallSite['grows'] {
  if (body.kind !== 'call' || body.def.kind !== 'scalar' || !body.def.growth) return undefined;
  const [first, ...more] = body.args;
  const isSum = (e: BoundExpr): boolean => e.kind === 'local' && e.local === params[0];
  if (first === undefined || !isSum(first)) return undefined;
  if (more.some((e) => some(e, isSum))) return undefined;
  return { growth: body.def.growth, more: more.map((e) => compileExpr(e, ctx)) };
}

type Exec = (...args: any[]) => Value;

/** Texts and lists so long count as work of whoever gets them: most functions walk through them once. */
const LONG = 1024;

function weigh(v: Value): void {
  if (typeof v === 'string') {
    if (v.length > LONG) spendText(v.length);
  } else if (typeof v === 'object' && (Array.isArray(v) || v instanceof Uint8Array) && v.length > LONG) spend(v.length / 16);
}

/** The error of a used-up budget says in which function. */
function named(body: Expr, name: string): Expr {
  return (t) => {
    try {
      return body(t);
    } catch (error) {
      throw inFunction(error, name);
    }
  };
}

function passing(exec: Exec, args: readonly Expr[], name: string): Expr {
  const [a, b, c] = args;
  const fail = (error: unknown): never => {
    throw inFunction(error, name);
  };
  switch (args.length) {
    case 0:
      return () => exec();
    case 1:
      return (t) => {
        const x = a!(t);
        try {
          weigh(x);
          return exec(x);
        } catch (error) {
          return fail(error);
        }
      };
    case 2:
      return (t) => {
        const x = a!(t);
        const y = b!(t);
        try {
          weigh(x);
          weigh(y);
          return exec(x, y);
        } catch (error) {
          return fail(error);
        }
      };
    case 3:
      return (t) => {
        const x = a!(t);
        const y = b!(t);
        const z = c!(t);
        try {
          weigh(x);
          weigh(y);
          weigh(z);
          return exec(x, y, z);
        } catch (error) {
          return fail(error);
        }
      };
    default:
      return (t) => {
        const values = args.map((x) => x(t));
        try {
          values.forEach(weigh);
          return exec(...values);
        } catch (error) {
          return fail(error);
        }
      };
  }
}

function guarded(exec: Exec, args: readonly Expr[], rule: NullRule, name: string): Expr {
  const nothing = rule === 'false' ? false : null;
  const isNull = rule === 'null-or-empty' ? isNullOrEmpty : isNullValue;
  const [a, b, c] = args;
  const fail = (error: unknown): never => {
    throw inFunction(error, name);
  };
  switch (args.length) {
    case 0:
      return () => exec();
    case 1:
      return (t) => {
        const x = a!(t);
        if (isNull(x)) return nothing;
        try {
          weigh(x);
          return exec(x);
        } catch (error) {
          return fail(error);
        }
      };
    case 2:
      return (t) => {
        const x = a!(t);
        const y = b!(t);
        if (isNull(x) || isNull(y)) return nothing;
        try {
          weigh(x);
          weigh(y);
          return exec(x, y);
        } catch (error) {
          return fail(error);
        }
      };
    case 3:
      return (t) => {
        const x = a!(t);
        const y = b!(t);
        const z = c!(t);
        if (isNull(x) || isNull(y) || isNull(z)) return nothing;
        try {
          weigh(x);
          weigh(y);
          weigh(z);
          return exec(x, y, z);
        } catch (error) {
          return fail(error);
        }
      };
    default:
      return (t) => {
        const values = args.map((x) => x(t));
        if (values.some(isNull)) return nothing;
        try {
          values.forEach(weigh);
          return exec(...values);
        } catch (error) {
          return fail(error);
        }
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
      weigh(v);
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
