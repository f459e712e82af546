// UNNEST in FROM: the element, and its number, are names of their own everywhere in the statement. Called by select.ts.
import type { SelectStatement } from '../../sql/ast.ts';
import type { BoundExpr, LocalDefinition, PlanSlot } from '../bound.ts';
import { hasAggregate, hasAnalytic, hasWindowCall } from '../classify.ts';
import { bindExpression } from './expression.ts';
import type { BoundSource, Scope } from './scope.ts';

export interface BoundUnnest {
  readonly list: BoundExpr;
  readonly outer: boolean;
  readonly element: LocalDefinition & { readonly slot: PlanSlot };
  readonly ordinal?: LocalDefinition & { readonly slot: PlanSlot };
}

/** In written order; each sees the elements of those before it. @throws GatewayError PLAN_* */
export function bindUnnests(s: SelectStatement, sources: readonly BoundSource[], scope: Scope): BoundUnnest[] {
  const unnests: BoundUnnest[] = [];
  for (const u of s.unnests ?? []) {
    if (sources.filter((source) => source.info.kind === 'stream').length !== 1)
      throw scope.fail(
        'PLAN_BAD_ARGUMENT',
        'UNNEST takes the lists of one stream',
        u.span,
        'make the rows in a step before: FROM (SELECT … FROM a CROSS JOIN UNNEST(…) AS x) AS s',
      );
    const known = localsOf(unnests);
    for (const name of [u.name, ...(u.ordinal === undefined ? [] : [u.ordinal])])
      if (known.has(name) || sources.some((source) => source.emitter === name))
        throw scope.fail('PLAN_DUPLICATE_SOURCE', `${name} is used more than once`, u.span, 'give each its own name');
    const list = bindExpression(u.list, { ...scope, locals: known });
    if (hasAggregate(list) || hasAnalytic(list) || hasWindowCall(list))
      throw scope.fail(
        'PLAN_BAD_ARGUMENT',
        'UNNEST looks at one row: aggregates and analytic functions are not known there',
        list.span,
        'compute the list in a step before',
      );
    const local = (name: string) => ({ name, slot: scope.newSlot(`unnest_${name}`) });
    unnests.push({ list, outer: u.outer, element: local(u.name), ...(u.ordinal !== undefined && { ordinal: local(u.ordinal) }) });
  }
  return unnests;
}

export const localsOf = (unnests: readonly BoundUnnest[]): ReadonlyMap<string, LocalDefinition> =>
  new Map(unnests.flatMap((u) => [u.element, ...(u.ordinal ? [u.ordinal] : [])]).map((l) => [l.name, l]));
