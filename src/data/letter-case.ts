// Upper and lower case one character at a time, as Go's strings.ToUpper and ToLower: no character becomes two (ß stays ß) and no
// letter depends on its neighbours (Σ is σ at the end of a word too).
import { reserveText, spend } from '../base/budget.ts';
import { isAscii } from './text.ts';

export const lowerCase = (text: string): string => (isAscii(text) ? text.toLowerCase() : mapEach(text, lowerOne));
export const upperCase = (text: string): string => (isAscii(text) ? text.toUpperCase() : mapEach(text, upperOne));

function mapEach(text: string, one: (char: string) => string): string {
  let out = '';
  spend(text.length * 2);
  reserveText(text.length);
  for (const char of text) out += one(char);
  return out;
}

/** The only letter whose full lower-case mapping has two characters. */
const CAPITAL_I_WITH_DOT = '\u0130';

function lowerOne(char: string): string {
  return char === CAPITAL_I_WITH_DOT ? 'i' : char.toLowerCase();
}

function upperOne(char: string): string {
  const upper = char.toUpperCase();
  if (isOneCharacter(upper)) return upper;
  return iotaSubscriptUpper(char.codePointAt(0)!) ?? char;
}

const isOneCharacter = (text: string): boolean => text.length === 1 || (text.length === 2 && text.codePointAt(0)! > 0xffff);

/** Greek letters with iota subscript have a single capital although the full mapping spells the iota out. */
function iotaSubscriptUpper(code: number): string | undefined {
  if (code >= 0x1f80 && code <= 0x1faf && (code & 8) === 0) return String.fromCodePoint(code + 8);
  if (code === 0x1fb3 || code === 0x1fc3 || code === 0x1ff3) return String.fromCodePoint(code + 9);
  return undefined;
}
