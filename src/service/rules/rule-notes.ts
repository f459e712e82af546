// What a user is told about a rule that is taken: from its graph, its text and its parts. Called by the rule service for every check of a rule.
import type { Told } from '../../contract/told.ts';
import type { RuleDefinition, Runtime } from '../../runtime/index.ts';
import { metaKeysOf } from './meta-keys.ts';
import type { ParsedRule } from './planning.ts';
import type { DeclaredSource } from './type-warnings.ts';

/** Also adds them to `told`. The rules about texts are loaded with the first rule, since a gateway at rest does not need them. */
export async function notesOf(parsed: ParsedRule, definition: RuleDefinition, runtime: Runtime, told: Told): Promise<string[]> {
  const { ruleWarnings } = await import('./rule-warnings.ts');
  const statements = parsed.selects.map((s) => s.tree());
  const ofParts = await runtime.validateRule({ ...definition, streams: parsed.inputs });
  const notes = [
    ...parsed.draft.notes,
    ...ruleWarnings(definition, statements, parsed.draft.options, declaredIn(parsed, definition)),
    ...ofParts,
  ];
  told.warnings.push(...notes);
  return notes;
}

function declaredIn({ inputs }: ParsedRule, definition: RuleDefinition): (name: string) => DeclaredSource | undefined {
  const known = new Set(inputs);
  return (name) => {
    if (!known.has(name)) return undefined;
    const { schema, type } = definition.sources(name);
    return { schema, metaKeys: metaKeysOf(type) };
  };
}
