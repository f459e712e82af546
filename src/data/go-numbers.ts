// Numbers and booleans written as text, read as Go's strconv reads them (ParseInt base 0, ParseFloat, ParseBool). Used by cast.ts.

import { spendText } from '../base/budget.ts';

/** Longer texts are not numbers: the engine cannot match them in its space. */
const MAX_LENGTH = 1_000_000;

const INT_FORM = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0(?:_?[0-7])*|[1-9](?:_?[0-9])*)$/;
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn;

/** ParseInt(text, 0, 64): prefixes 0x 0o 0b, a leading 0 is octal, `_` between digits.
 *  @returns undefined when it is not an integer or does not fit int64 */
export function parseGoInt(text: string): bigint | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  spendText(text.length * 4);
  const match = INT_FORM.exec(text);
  if (!match) return undefined;
  const digits = shortDigits(match[2]!.replaceAll('_', ''));
  if (digits === undefined) return undefined;
  const octal = /^0[0-7]+$/.test(digits);
  const size = BigInt(octal ? `0o${digits.slice(1)}` : digits);
  const value = match[1] === '-' ? -size : size;
  return value > MAX_INT64 || value < -MAX_INT64 - 1n ? undefined : value;
}

/** Without zeros behind a prefix; more digits than any int64 has, in any base, are not read: that takes longer than their number.
 *  @returns undefined for those */
function shortDigits(digits: string): string | undefined {
  if (digits.length <= MAX_INT_DIGITS) return digits;
  const prefix = /^0[xXbBoO]?/.exec(digits)?.[0] ?? '';
  const rest = digits.slice(prefix.length).replace(/^0+/, '');
  return rest.length > 64 ? undefined : prefix === '0' ? `0${rest}` : `${prefix}${rest || '0'}`;
}

/** Prefix and 64 binary digits. */
const MAX_INT_DIGITS = 66;

const DECIMAL_FORM = /^[+-]?(?:[0-9](?:_?[0-9])*(?:\.(?:[0-9](?:_?[0-9])*)?)?|\.[0-9](?:_?[0-9])*)(?:[eE][+-]?[0-9](?:_?[0-9])*)?$/;
const HEX_FORM = /^([+-]?)0[xX]((?:_?[0-9a-fA-F])*)(?:\.((?:[0-9a-fA-F](?:_?[0-9a-fA-F])*)?))?[pP]([+-]?[0-9]+)$/;
const INFINITE_FORM = /^([+-]?)inf(?:inity)?$/i;

/** ParseFloat(text, 64): decimal and hexadecimal forms, `inf`, `infinity`, `nan` in any case.
 *  @returns undefined when it is not a number or overflows */
export function parseGoFloat(text: string): number | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  spendText(text.length * 4);
  if (DECIMAL_FORM.test(text)) {
    const value = Number(text.replaceAll('_', ''));
    return Number.isFinite(value) ? value : undefined;
  }
  const infinite = INFINITE_FORM.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(text)) return Number.NaN;
  const hex = HEX_FORM.exec(text);
  return hex ? hexFloat(hex[1] === '-', hex[2]!.replaceAll('_', ''), (hex[3] ?? '').replaceAll('_', ''), Number(hex[4])) : undefined;
}

/** Exact for mantissas up to 53 bits, which is what a float holds. */
function hexFloat(negative: boolean, whole: string, fraction: string, exponent: number): number | undefined {
  if (whole === '' && fraction === '') return undefined;
  const value = Number(BigInt(`0x${whole}${fraction}`)) * 2 ** (exponent - 4 * fraction.length);
  return Number.isFinite(value) ? (negative ? -value : value) : undefined;
}

const TRUE_FORMS = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE_FORMS = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

/** @returns undefined when the text is none of Go's twelve words */
export function parseGoBool(text: string): boolean | undefined {
  return TRUE_FORMS.has(text) ? true : FALSE_FORMS.has(text) ? false : undefined;
}
