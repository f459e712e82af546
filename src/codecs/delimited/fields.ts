// One line of separated fields, as RFC 4180 has them: a field in double quotes may hold separators, line breaks and doubled quotes. Both ways.
// Used by index.ts; the file source reads lines of a file with connectors/file/read.ts.
import { spend } from '../../base/budget.ts';
import { splitText } from '../../data/text-search.ts';

const QUOTE = '"';

/** A quote that is not closed, or has something behind it before the separator, is part of the text. */
export function splitFields(text: string, delimiter: string): string[] {
  if (!text.includes(QUOTE) || delimiter.includes(QUOTE)) return splitText(text, delimiter);
  spend(text.length / 4);
  const fields: string[] = [];
  let at = 0;
  for (;;) {
    const quoted = text[at] === QUOTE ? quotedAt(text, at, delimiter) : undefined;
    if (quoted) {
      fields.push(quoted.value);
      at = quoted.end;
    } else {
      const end = text.indexOf(delimiter, at);
      if (end < 0) {
        fields.push(text.slice(at));
        return fields;
      }
      fields.push(text.slice(at, end));
      at = end;
    }
    if (at >= text.length) return fields;
    at += delimiter.length;
  }
}

/** @param at place of the opening quote  @returns undefined when it is no quoted field */
function quotedAt(text: string, at: number, delimiter: string): { value: string; end: number } | undefined {
  let value = '';
  let from = at + 1;
  for (;;) {
    const close = text.indexOf(QUOTE, from);
    if (close < 0) return undefined;
    value += text.slice(from, close);
    if (text[close + 1] === QUOTE) {
      value += QUOTE;
      from = close + 2;
      continue;
    }
    const end = close + 1;
    return end === text.length || text.startsWith(delimiter, end) ? { value, end } : undefined;
  }
}

/** The value as a field: in quotes when it could not be read back without. */
export function fieldOf(value: string, delimiter: string): string {
  const needsQuotes = value.includes(delimiter) || value.includes(QUOTE) || value.includes('\n') || value.includes('\r');
  return needsQuotes && !delimiter.includes(QUOTE) ? `${QUOTE}${value.replaceAll(QUOTE, QUOTE + QUOTE)}${QUOTE}` : value;
}
