// Rules that an apply does not name, over streams, keys and plugins that it changes: they must go on running. Used by importer.ts.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { RuleService } from '../rules/rule-service.ts';
import type { ReportItem } from './report.ts';
import { createShadow, SHADOWED, type Shadow, type ShadowDeps, type ShadowRows } from './shadow.ts';

/** A rule that could not run before either is not the fault of the import.
 *  @returns refusals */
export async function recheckRules(
  deps: ShadowDeps & { rules: RuleService },
  shadow: Shadow,
  ids: readonly string[],
  before: ShadowRows,
  after: ShadowRows,
): Promise<ReportItem[]> {
  if (ids.length === 0) return [];
  const refused: ReportItem[] = [];
  const marks = await deps.tables.ruleMarks.all();
  let old: Promise<Shadow> | undefined;
  for (const id of ids) {
    const text = after.rules.get(id);
    if (text === undefined || text !== before.rules.get(id)) continue;
    const examine = ({ planning }: Shadow) => deps.rules.examine(planning, text, id, !marks.has(id));
    try {
      await examine(shadow);
    } catch (error) {
      const copy = Object.fromEntries(SHADOWED.map((n) => [n, new Map(before[n])])) as ShadowRows;
      old ??= createShadow(deps, copy);
      const ranBefore = await old.then(examine).then(
        () => true,
        () => false,
      );
      if (ranBefore)
        refused.push({ part: 'rules', name: id, outcome: 'refused', reason: `it would not run any more: ${messageOf(error)}` });
    }
  }
  return refused;
}
