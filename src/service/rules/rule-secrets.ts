// Passwords in the JSON of a rule: shown and exported as ******, and put back from the stored rule when such a text comes in again
// (read, edit, PUT). What holds no secret is returned to the letter.
import { maskSecrets } from '../../contract/props.ts';
import { editJsonText } from '../json-text.ts';

const MASK = '******';

export function maskRuleText(text: string): string {
  if (!isJson(text)) return text;
  let masked = false;
  const shown = editJsonText(text, (rule) =>
    eachText(rule, (key, value) => {
      if (value === MASK || (maskSecrets({ [key]: value }) as Record<string, unknown>)[key] === value) return value;
      masked = true;
      return MASK;
    }),
  );
  return masked ? shown : text;
}

/** @param text as posted; what is no JSON comes back as it is, for the parser to refuse
 *  @param old text of the stored rule; undefined = there is none, masks stay */
export function unmaskRuleText(text: string, old: string | undefined): string {
  if (old === undefined || !text.includes(MASK) || !isJson(text) || !isJson(old)) return text;
  const secrets = new Map<string, string>();
  editJsonText(old, (rule) =>
    eachText(rule, (_key, value, path) => {
      secrets.set(path, value);
      return value;
    }),
  );
  return editJsonText(text, (rule) => eachText(rule, (_key, value, path) => (value === MASK ? (secrets.get(path) ?? value) : value)));
}

/** A number that editJsonText keeps as it was written. */
function isRawNumber(value: object): boolean {
  return (JSON as unknown as { isRawJSON(value: unknown): boolean }).isRawJSON(value);
}

/** Stored by another version or by hand, a rule may be no JSON; then it holds nothing that we could tell apart. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Visits every text below `actions` and `graph`; the result takes its place. */
function eachText(rule: Record<string, unknown>, visit: (key: string, value: string, path: string) => string): void {
  const walk = (holder: Record<string, unknown>, path: string) => {
    for (const [key, value] of Object.entries(holder)) {
      const here = `${path}/${key}`;
      if (typeof value === 'string') holder[key] = visit(key, value, here);
      else if (typeof value === 'object' && value !== null && !isRawNumber(value)) walk(value as Record<string, unknown>, here);
    }
  };
  for (const part of ['actions', 'graph']) {
    const value = rule[part];
    if (typeof value === 'object' && value !== null) walk(value as Record<string, unknown>, part);
  }
}
