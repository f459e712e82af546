// Lambdas: parameters are names of their own within the body; everything else there means what it means outside. Called by call.ts.
import type { FunctionDefinition } from '../../contract/function.ts';
import type { CallExpr, LambdaExpr } from '../../sql/ast.ts';
import type { BoundExpr, BoundLambda, LocalDefinition } from '../bound.ts';
import { isTableCall } from '../classify.ts';
import { walk } from '../walk.ts';
import { bindExpression } from './expression.ts';
import type { Scope } from './scope.ts';

/** @throws GatewayError PLAN_BAD_ARGUMENT */
export function bindLambda(e: LambdaExpr, index: number, def: FunctionDefinition, call: CallExpr, scope: Scope): BoundLambda {
  const takes = def.kind === 'scalar' ? def.lambda : undefined;
  const fail = (text: string, hint?: string) =>
    scope.fail('PLAN_BAD_ARGUMENT', `validate function ${call.name.toLowerCase()} error: ${text}`, e.span, hint);
  if (takes === undefined || takes.argument !== index) throw fail(`parameter ${index + 1} is no lambda`);
  if (e.params.length < takes.least || e.params.length > takes.params.length)
    throw fail(`the lambda has ${e.params.length} parameters`, `write (${takes.params.slice(0, takes.least).join(', ')}) -> …`);
  const params = e.params.map((name): LocalDefinition => ({ name }));
  const body = bindExpression(e.body, { ...scope, locals: new Map([...scope.locals, ...params.map((p) => [p.name, p] as const)]) });
  walk(body, (n) => {
    if (n.kind === 'call' && !isOfOneValue(n))
      throw scope.fail('PLAN_BAD_ARGUMENT', `${n.name} cannot stand in a lambda`, n.span, hintOf(n));
  });
  return { kind: 'lambda', params, body, span: e.span };
}

/** Functions with state, or of several rows, have no meaning element by element; those outside of the process are asked once per row. */
const isOfOneValue = (e: BoundExpr & { kind: 'call' }): boolean =>
  e.def.kind === 'scalar' && e.def.outside === undefined && e.def.keepsState === undefined;

const hintOf = (e: BoundExpr & { kind: 'call' }): string =>
  isTableCall(e) ? 'unnest stands in the select list' : 'compute it outside, under an alias, and use the alias in the lambda';
