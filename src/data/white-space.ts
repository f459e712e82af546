// White space as Go's unicode.IsSpace sees it: unlike JavaScript's trim it takes U+0085 and leaves U+FEFF. Called by ltrim, rtrim, trim.

const SPACE = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

export function trimStart(text: string): string {
  let from = 0;
  while (from < text.length && SPACE.test(text[from]!)) from++;
  return text.slice(from);
}

export function trimEnd(text: string): string {
  let to = text.length;
  while (to > 0 && SPACE.test(text[to - 1]!)) to--;
  return text.slice(0, to);
}
