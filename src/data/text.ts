// Text rules that JavaScript and Go see differently: Go orders and counts bytes of UTF-8, JavaScript UTF-16 units.
// Called by compare.ts, go-format.ts and the string functions.

const SURROGATES_FROM = 0xd800;
const SURROGATES_TO = 0xdfff;

/** Order of the UTF-8 bytes. It differs from JavaScript's only where a surrogate pair meets U+E000..U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) < rank(y) ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/** Puts surrogates (code points from U+10000) above U+E000..U+FFFF. */
function rank(unit: number): number {
  if (unit < SURROGATES_FROM) return unit;
  return unit <= SURROGATES_TO ? unit + 0x2000 : unit - 0x800;
}

const ONLY_ASCII = /^[\0-\x7f]*$/;

/** True when bytes, code points and UTF-16 units of the text are the same. */
export const isAscii = (text: string): boolean => ONLY_ASCII.test(text);

/** Number of UTF-8 bytes (Go's len). */
export const byteLength = (text: string): number => Buffer.byteLength(text, 'utf8');

/** Bytes [from, to) of the text as text; a cut inside a character gives U+FFFD, as Go's JSON encoder writes it. */
export function sliceBytes(text: string, from: number, to?: number): string {
  if (isAscii(text)) return text.slice(from, to);
  return Buffer.from(text, 'utf8').subarray(from, to).toString('utf8');
}

/** Byte offset of the first occurrence, -1 when there is none. */
export function byteIndexOf(text: string, part: string): number {
  const at = text.indexOf(part);
  return at <= 0 ? at : byteLength(text.slice(0, at));
}
