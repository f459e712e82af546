// Passwords in the JSON of a rule: shown and exported as ******, and put back from the stored rule when such a text comes in again
// (read, edit, PUT). What holds no secret is returned to the letter.
import { MASK, maskText, maskValue, placesOfMasks, restoreSecrets } from '../../base/secrets.ts';
import { editJsonText } from '../json-text.ts';

/** Members of a rule that hold properties of connectors. */
const PARTS = ['actions', 'graph'] as const;

export function maskRuleText(text: string): string {
  if (!isJson(text)) return maskText(text);
  let masked = false;
  const shown = editJsonText(text, (rule) => {
    for (const part of PARTS) {
      const value = maskValue(rule[part]);
      if (JSON.stringify(value) === JSON.stringify(rule[part])) continue;
      rule[part] = value;
      masked = true;
    }
  });
  return masked ? shown : text;
}

/** @param text as posted; what is not JSON comes back as it is, for the parser to refuse
 *  @param old text of the stored rule; undefined = there is none, masks stay */
export function unmaskRuleText(text: string, old: string | undefined): string {
  if (old === undefined || !text.includes(MASK) || !isJson(text) || !isJson(old)) return text;
  let before: Record<string, unknown> = {};
  editJsonText(old, (rule) => {
    before = rule;
  });
  return editJsonText(text, (rule) => {
    for (const part of PARTS) if (rule[part] !== undefined) rule[part] = restoreSecrets(rule[part], before[part]);
  });
}

/** Where a rule that came from an export lacks its secrets: `actions/0/mqtt/password`. */
export function missingSecrets(text: string): string[] {
  if (!text.includes(MASK) || !isJson(text)) return [];
  const rule = JSON.parse(text) as Record<string, unknown>;
  return PARTS.flatMap((part) => placesOfMasks(rule[part], part));
}

/** Stored by another version or by hand, a rule may be no JSON; then it holds nothing that we could tell apart. */
function isJson(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
