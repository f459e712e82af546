// How deep a JSON text is nested, before it is parsed: parsing takes any depth, but whatever walks the value later (printing, comparing,
// copying into a checkpoint) recurses. Called by the JSON decoder, parse_json and fromJson.
import { MAX_NESTING } from '../base/budget.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** True when arrays and objects stand more than MAX_NESTING levels deep in each other. Short texts, and texts with few brackets, are not
 *  walked through. A text that is not JSON gets some answer. */
export function tooDeep(text: string): boolean {
  if (text.length <= 2 * MAX_NESTING) return false;
  if (fewBrackets(text)) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) {
      i = endOfText(text, i);
      // `[` and `{` differ in the one bit that is masked, and so do `]` and `}`
    } else if ((c & 0xdf) === 0x5b) {
      if (++depth > MAX_NESTING) return true;
    } else if ((c & 0xdf) === 0x5d) depth--;
  }
  return false;
}

/** At most as many opening brackets as levels are allowed. */
function fewBrackets(text: string): boolean {
  let left = MAX_NESTING;
  for (const bracket of ['{', '['])
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) if (--left < 0) return false;
  return true;
}

/** Index of the quote that ends the text which begins at `from`. */
function endOfText(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at >= 0; at = text.indexOf('"', at + 1)) {
    let escapes = 0;
    while (text.charCodeAt(at - 1 - escapes) === BACKSLASH) escapes++;
    if (escapes % 2 === 0) return at;
  }
  return text.length;
}
