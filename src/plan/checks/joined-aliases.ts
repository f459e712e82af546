// Aliases in joins: below the join nothing can be kept in a row, so aliases that use each other again and again are computed each time.
import type { BoundSelect } from '../bind/select.ts';
import { expandedSizes } from '../kept-values.ts';

/** Operations per evaluation that a condition below a join may take. */
const MAX_OPERATIONS = 10_000;

/** @throws GatewayError SQL_TOO_COMPLEX */
export function checkJoinedAliases(b: BoundSelect): void {
  if (b.joins.length === 0) return;
  for (const [alias, size] of expandedSizes(b.aliases))
    if (size > MAX_OPERATIONS)
      throw b.scope.fail(
        'SQL_TOO_COMPLEX',
        `alias ${alias.name} needs more than ${MAX_OPERATIONS} operations in a join`,
        alias.expr.span,
        'compute it in a second rule that reads the result of the join',
      );
}
