// ASOF JOIN: each row of the left side with the newest row of the right side that has its keys. ON holds the keys, as equalities of the two sides, and
// may hold a condition on both, such as `a.ts - b.ts < 60000`. Called by select.ts.
import type { Join } from '../../sql/ast.ts';
import type { BoundExpr } from '../bound.ts';
import { conjunctsOf, hasAggregate, hasAnalytic, hasWindowCall, inputsOf } from '../classify.ts';
import { bindExpression } from './expression.ts';
import type { Scope } from './scope.ts';

export interface BoundAsOf {
  /** Input of the right side. */
  readonly source: number;
  /** LEFT: a row without another one stays. */
  readonly outer: boolean;
  readonly leftKeys: readonly BoundExpr[];
  readonly rightKeys: readonly BoundExpr[];
  /** What else ON asks for. */
  readonly rest?: BoundExpr;
}

/** @throws GatewayError PLAN_BAD_ARGUMENT */
export function bindAsOf(j: Join, source: number, scope: Scope): BoundAsOf {
  const fail = (text: string, hint: string) => scope.fail('PLAN_BAD_ARGUMENT', text, j.on?.span ?? j.span, hint);
  if (scope.sources.some((s) => s.index <= source && s.info.kind !== 'stream'))
    throw fail('ASOF JOIN takes streams', 'a lookup table stands in INNER JOIN or LEFT JOIN, behind ASOF JOIN');
  if (!j.on) throw fail('ASOF JOIN needs ON', 'write ON a.id = b.id');
  const on = bindExpression(j.on, scope);
  if (hasAggregate(on) || hasAnalytic(on) || hasWindowCall(on))
    throw fail(
      'ON of ASOF JOIN looks at single rows: aggregates and analytic functions are not known there',
      'put them into WHERE or a step before',
    );
  const leftKeys: BoundExpr[] = [];
  const rightKeys: BoundExpr[] = [];
  let rest: BoundExpr | undefined;
  const isRight = (e: BoundExpr): boolean => [...(inputsOf(e) ?? [])].join() === String(source);
  const isLeft = (e: BoundExpr): boolean => {
    const inputs = inputsOf(e);
    return inputs !== undefined && inputs.size > 0 && [...inputs].every((i) => i < source);
  };
  for (const c of conjunctsOf(on)) {
    const sides =
      c.kind !== 'binary' || c.op !== '='
        ? undefined
        : isLeft(c.left) && isRight(c.right)
          ? [c.left, c.right]
          : isRight(c.left) && isLeft(c.right)
            ? [c.right, c.left]
            : undefined;
    if (sides) {
      leftKeys.push(sides[0]!);
      rightKeys.push(sides[1]!);
    } else rest = rest ? { kind: 'binary', op: 'AND', left: rest, right: c, span: c.span } : c;
  }
  if (leftKeys.length === 0)
    throw fail('ASOF JOIN needs a key that both sides have', 'write ON a.id = b.id, with the name of the stream before each column');
  return { source, outer: j.type === 'left', leftKeys, rightKeys, ...(rest && { rest }) };
}
