// The patterns of one call of a regexp function. A literal is compiled for the first row and then found again; patterns that come
// from rows are kept up to a limit. Not a function itself.
import { toTextAlways } from '../../../data/cast.ts';
import { compileRegex, type Regex } from '../../../data/regex.ts';
import type { Value } from '../../../data/value.ts';

/** Patterns kept per call; each may hold 8 MB of tables. */
const MAX_KEPT = 8;

/** @returns value of a pattern → compiled pattern; it throws rowError `error parsing regexp: …` for a bad one */
export function createPatternCache(): (source: Value) => Regex {
  const kept = new Map<string, Regex>();
  let lastText: string | undefined;
  let last: Regex;
  return (source) => {
    const text = toTextAlways(source);
    if (text === lastText) return last;
    const regex = kept.get(text) ?? compileRegex(text);
    if (kept.size >= MAX_KEPT && !kept.has(text)) kept.delete(kept.keys().next().value!);
    kept.set(text, regex);
    lastText = text;
    last = regex;
    return regex;
  };
}
