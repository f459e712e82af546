// Names and strings back to text, quoted so that they are read as the same thing again.
import { reservedWords } from '../tokens.ts';

/** Back quotes where the plain name would be read as something else: reserved words, blanks, `-`, non-ASCII, the empty name. */
export function printName(name: string): string {
  return /^[a-zA-Z][a-zA-Z0-9_]*$/.test(name) && !reservedWords.has(name.toUpperCase()) ? name : `\`${name}\``;
}

/** JSON's escapes are a part of those that the lexer reads. */
export function printString(value: string): string {
  return JSON.stringify(value);
}

/** @param value finite   @returns decimal digits with a dot and without exponent, since the dialect has none */
export function printFloat(value: number): string {
  const text = Object.is(value, -0) ? '-0' : String(value);
  const e = text.indexOf('e');
  if (e < 0) return text.includes('.') ? text : `${text}.0`;
  const exponent = Number(text.slice(e + 1));
  const sign = text.startsWith('-') ? '-' : '';
  const digits = text.slice(sign.length, e).replace('.', '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits}${'0'.repeat(exponent + 1 - digits.length)}.0`;
}
