// `--sql-compatibility ekuiper` of the two imports: marks every rule of the file that does not say whose answers it wants, so that rules of an
// eKuiper keep theirs. The file itself is left as it is.
import { messageOf } from '../base/errors/gateway-error.ts';
import { sqlCompatibilities } from '../base/sql-compatibility.ts';
import { CliError } from './cli-error.ts';
import type { Flag } from './command.ts';

export const SQL_FLAG: Flag = {
  names: ['sql-compatibility'],
  doc: 'ekuiper: the rules of the file keep the answers of eKuiper; standard: they get those of SQL',
};

/** @param content text of an export: JSON whose member `rules` maps ids to rules as JSON text
 *  @returns the same with option sqlCompatibility in each rule that has none
 *  @throws CliError */
export function markRules(content: string, value: string | true | undefined): string {
  if (value === undefined) return content;
  if (value === true || !(sqlCompatibilities as readonly string[]).includes(value))
    throw new CliError(`Expect --sql-compatibility to be one of ${sqlCompatibilities.join(', ')}.`, 'usage');
  let set: unknown;
  try {
    set = JSON.parse(content);
  } catch (error) {
    throw new CliError(`The file cannot be marked, since it is not JSON: ${messageOf(error)}`, 'usage');
  }
  const rules = (set as { rules?: unknown } | null)?.rules;
  if (typeof rules !== 'object' || rules === null) return content;
  const marked: Record<string, unknown> = {};
  for (const [id, text] of Object.entries(rules)) marked[id] = typeof text === 'string' ? markRule(id, text, value) : text;
  return JSON.stringify({ ...(set as object), rules: marked });
}

/** The option is put before the others as text: numbers of the rule that JavaScript cannot hold stay as they are. */
function markRule(id: string, text: string, value: string): string {
  let rule: { options?: Record<string, unknown> | null } | null;
  try {
    rule = JSON.parse(text) as typeof rule;
  } catch (error) {
    throw new CliError(`Rule ${id} of the file cannot be marked: ${messageOf(error)}`, 'usage');
  }
  if (typeof rule !== 'object' || rule === null || Array.isArray(rule)) return text;
  if (rule.options?.['sqlCompatibility'] !== undefined) return text;
  const option = `"sqlCompatibility":${JSON.stringify(value)}`;
  const empty = rule.options === undefined || rule.options === null;
  if (empty && !('options' in rule))
    return text.replace(/^\s*\{/, (open) => `${open}"options":{${option}}${Object.keys(rule).length > 0 ? ',' : ''}`);
  return JSON.stringify({ ...rule, options: { ...rule.options, sqlCompatibility: value } });
}
