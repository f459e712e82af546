// Text rules that JavaScript and Go see differently: Go orders and counts bytes of UTF-8, JavaScript UTF-16 units.
// Called by compare.ts, go-format.ts and the string functions.

import { spendText } from '../base/budget.ts';
import { findText } from './text-search.ts';

const SURROGATES_FROM = 0xd800;
const SURROGATES_TO = 0xdfff;

/** Order of the UTF-8 bytes. It differs from JavaScript's only where a surrogate pair meets U+E000..U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x === y) continue;
    if (i > 1024) spendText(i * 2);
    return rank(x) < rank(y) ? -1 : 1;
  }
  if (length > 1024) spendText(length * 2);
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

/** Number of code points (Go's utf8.RuneCountInString). */
export function codePointCount(text: string): number {
  if (isAscii(text)) return text.length;
  let count = 0;
  for (const _ of text) count++;
  return count;
}

const REPLACEMENT = '\ufffd';

/** Bytes [from, to) of the text as text. A cut inside a character leaves bytes that are no character; each becomes U+FFFD, as in
 *  Go's JSON encoder. */
export function sliceBytes(text: string, from: number, to?: number): string {
  if (isAscii(text)) return text.slice(from, to);
  const bytes = Buffer.from(text, 'utf8').subarray(from, to);
  let start = 0;
  while (start < bytes.length && isContinuation(bytes[start]!)) start++;
  const end = Math.max(start, lastWhole(bytes));
  return REPLACEMENT.repeat(start) + bytes.subarray(start, end).toString('utf8') + REPLACEMENT.repeat(bytes.length - end);
}

const isContinuation = (byte: number): boolean => (byte & 0xc0) === 0x80;

/** Offset behind the last character that is not cut off at the end. */
function lastWhole(bytes: Uint8Array): number {
  let lead = bytes.length - 1;
  while (lead >= 0 && isContinuation(bytes[lead]!)) lead--;
  if (lead < 0) return bytes.length;
  const first = bytes[lead]!;
  const size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  return lead + size > bytes.length ? lead : bytes.length;
}

/** Byte offset of the first occurrence, -1 when there is none. */
export function byteIndexOf(text: string, part: string): number {
  const at = findText(text, part);
  return at <= 0 ? at : byteLength(text.slice(0, at));
}
