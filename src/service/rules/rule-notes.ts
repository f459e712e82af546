// What a user is told about a rule that is taken: from its graph, its text and its parts. Called by the rule service for every check of a rule.
import type { Told } from '../../contract/told.ts';
import type { RuleDefinition, Runtime } from '../../runtime/index.ts';
import type { ParsedRule } from './planning.ts';

/** Also adds them to `told`. The rules about texts are loaded with the first rule, since a gateway at rest does not need them. */
export async function notesOf(parsed: ParsedRule, definition: RuleDefinition, runtime: Runtime, told: Told): Promise<string[]> {
  const { ruleWarnings } = await import('./rule-warnings.ts');
  const statements = parsed.selects.map((s) => s.tree());
  const ofParts = await runtime.validateRule({ ...definition, streams: parsed.inputs });
  const notes = [...parsed.draft.notes, ...ruleWarnings(definition, statements), ...ofParts];
  told.warnings.push(...notes);
  return notes;
}
