// Search and split in time that grows with the texts, not with their product. The engine's own indexOf compares up to the whole pattern at
// every place of a text such as aaaa…; a payload that holds both texts could make that minutes. Small products go the engine's way.
import { reserveArray, reserveText, spend, spendText } from '../base/budget.ts';

/** Comparisons that the engine's search may need at worst: 5 ms. */
const SMALL_PRODUCT = 20_000_000;

/** @returns index of the first occurrence at or after `from`, -1 when there is none: as String.indexOf */
export function findText(text: string, part: string, from = 0): number {
  const n = text.length - from;
  spendText(n);
  return n * part.length <= SMALL_PRODUCT ? text.indexOf(part, from) : search(text, part, from, borders(part));
}

export const includesText = (text: string, part: string): boolean => findText(text, part) >= 0;

/** As String.split with a text; an empty separator splits into UTF-16 units. */
export function splitText(text: string, separator: string): string[] {
  const { length } = text;
  if (separator.length <= 1 || length * separator.length <= SMALL_PRODUCT) {
    spendText(length);
    if (length > 1024) reserveArray(separator === '' ? length : countText(text, separator) + 1);
    return text.split(separator);
  }
  const table = borders(separator);
  const parts: string[] = [];
  let from = 0;
  for (;;) {
    const at = search(text, separator, from, table);
    parts.push(at < 0 ? text.slice(from) : text.slice(from, at));
    if (at < 0) break;
    from = at + separator.length;
  }
  return parts;
}

/** Occurrences that do not overlap. */
export function countText(text: string, part: string): number {
  if (part === '') return text.length + 1;
  const table = text.length * part.length <= SMALL_PRODUCT ? undefined : borders(part);
  let n = 0;
  let at = table ? search(text, part, 0, table) : text.indexOf(part);
  while (at >= 0) {
    n++;
    const from = at + part.length;
    at = table ? search(text, part, from, table) : text.indexOf(part, from);
  }
  spend(n / 2 + text.length / 64);
  return n;
}

/** As String.replaceAll with texts; the size of the result is reserved before it is built. */
export function replaceText(text: string, part: string, by: string): string {
  const n = countText(text, part);
  reserveText(text.length + n * (by.length - part.length));
  if (n === 0) return text;
  if (part !== '' && text.length * part.length > SMALL_PRODUCT) return splitText(text, part).join(by);
  return text.replaceAll(part, () => by);
}

/** Length of the longest border of each beginning of the part (Knuth, Morris and Pratt). */
function borders(part: string): Int32Array {
  const m = part.length;
  spend(m / 8);
  const table = new Int32Array(m);
  let k = 0;
  for (let i = 1; i < m; i++) {
    const c = part.charCodeAt(i);
    while (k > 0 && part.charCodeAt(k) !== c) k = table[k - 1]!;
    if (part.charCodeAt(k) === c) k++;
    table[i] = k;
  }
  return table;
}

function search(text: string, part: string, from: number, table: Int32Array): number {
  const n = text.length;
  const m = part.length;
  let k = 0;
  for (let i = from; i < n; i++) {
    const c = text.charCodeAt(i);
    while (k > 0 && part.charCodeAt(k) !== c) k = table[k - 1]!;
    if (part.charCodeAt(k) === c) k++;
    if (k === m) {
      spend((i - from) / 8);
      return i - m + 1;
    }
  }
  spend((n - from) / 8);
  return -1;
}
