// Nesting of JSON before anybody parses it: parsers with a reviver, printers and comparisons call themselves once per level, and some read such a text
// many times over. Asked for each body of REST and for definitions that come as texts in one.

/** No definition comes near it. */
const MAX_DEPTH = 500;

export const TOO_DEEP = `nested deeper than ${MAX_DEPTH} levels`;

/** Braces and brackets outside of texts, of JSON or of YAML's lists in one line. */
export function isTooDeep(text: string | Uint8Array): boolean {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  let depth = 0;
  let quoted = false;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (quoted) {
      if (c === 0x5c) i++;
      else if (c === 0x22) quoted = false;
    } else if (c === 0x22) quoted = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > MAX_DEPTH) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}
