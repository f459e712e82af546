// What of the query of a call has no effect: names that its operation does not declare, values that it does not take. Called by dispatch.ts for
// calls with a query, and loaded with the first of them. eKuiper ignores such names, so the call goes on.
import { convert, namesOf, rangeOf } from '../../contract/props.ts';
import { notKnown } from '../../contract/told.ts';
import { operationGroups } from './operations.ts';

/** @param route of the router, e.g. `GET /tables` */
export function queryTold(route: string, query: URLSearchParams): string[] {
  const operation = Object.values(operationGroups).find((group) => Object.hasOwn(group, route))?.[route];
  if (!operation) return [];
  const specs = operation.query ?? [];
  return [...query].flatMap(([name, value]) => {
    const spec = specs.find((s) => namesOf(s).includes(name));
    if (!spec) {
      const known = specs.map((s) => s.name);
      return [notKnown(`Query parameter "${name}" of ${route}`, name, known)];
    }
    if (value === '') return [];
    try {
      convert(spec, value);
      return [];
    } catch (error) {
      const range = rangeOf(spec);
      const problem = error instanceof Error ? error.message : String(error);
      return [
        `Query parameter "${name}" of ${route}: ${problem}${range && !problem.includes(range) ? `; allowed: ${range}` : ''}. What it asks for is not done.`,
      ];
    }
  });
}
