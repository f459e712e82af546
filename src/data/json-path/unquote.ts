// Quoted texts of JSON path expressions, as Go's strconv.Unquote reads them. In single quotes stands exactly one character.
import { rowError } from '../../base/errors/gateway-error.ts';

const ESCAPE = /\\(?:([abfnrtv\\'"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))|\\/g;
const SIMPLE: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** @param quoted with its quotes  @param anyQuotes single quotes hold any text
 *  @throws rowError `could not parse string: invalid syntax` */
export function unquote(quoted: string, anyQuotes = false): string {
  const quote = quoted[0]!;
  const body = quoted.slice(1, -1);
  if (quote === '`') return body.replaceAll('\r', '');
  const text = body.replace(ESCAPE, (whole, simple?: string, x?: string, u?: string, long?: string, octal?: string) => {
    if (simple !== undefined && (anyQuotes || (!(simple === "'" && quote === '"') && !(simple === '"' && quote === "'"))))
      return SIMPLE[simple] ?? simple;
    const hex = x ?? u ?? long;
    const code = hex !== undefined ? Number.parseInt(hex, 16) : octal !== undefined ? Number.parseInt(octal, 8) : Number.NaN;
    if (!(code <= 0x10ffff)) throw invalid(whole);
    return String.fromCodePoint(code);
  });
  if (!anyQuotes && quote === "'" && Array.from(text).length !== 1) throw invalid(quoted);
  return text;
}

const invalid = (what: string): Error =>
  rowError(`could not parse string: invalid syntax in ${what}; texts of several characters go in double quotes`);
