// Parameters of lambdas and elements of UNNEST. A parameter has one place, made with the closure: the function writes each element there, and nothing is
// allocated per element. Called by expression.ts and scalar.ts.
import { GatewayError } from '../base/errors/gateway-error.ts';
import type { Expr } from '../contract/function.ts';
import type { Value } from '../data/value.ts';
import type { BoundExpr, BoundLambda, BoundLocal } from '../plan/bound.ts';
import type { CompileContext } from './context.ts';

export function compileLocal({ local }: BoundLocal, ctx: CompileContext): Expr {
  if (local.slot) {
    const slot = ctx.frame.slot(local.slot);
    return (t) => t.cols[slot];
  }
  const place = ctx.locals.get(local);
  if (!place) throw new GatewayError('INTERNAL', { text: `parameter ${local.name} outside of its lambda` });
  return () => place.value;
}

export interface Places {
  readonly ctx: CompileContext;
  readonly params: readonly { value: Value }[];
}

/** @returns the context of the body, and the places of its parameters in order */
export function placesOf(lambda: BoundLambda, ctx: CompileContext): Places {
  const params = lambda.params.map(() => ({ value: null as Value }));
  return { ctx: { ...ctx, locals: new Map([...ctx.locals, ...lambda.params.map((p, i) => [p, params[i]!] as const)]) }, params };
}

export const isLambda = (e: BoundExpr): e is BoundLambda => e.kind === 'lambda';
