// Reads one string literal: "..." or '...' with Go's escapes. Used by the lexer only.
// In '...' a " needs no escape and \' is a quote; a raw line break is refused, as in eKuiper.

export interface ReadString {
  /** Unescaped text; of use only without `error`. */
  readonly value: string;
  /** Offset after the closing quote. */
  readonly end: number;
  /** eKuiper's text for the bad token. */
  readonly error?: string;
  readonly hint?: string;
}

const simple: Readonly<Record<string, string>> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v', '\\': '\\', '"': '"' };

/** @param start offset of the opening quote   @param standard a quote written twice stands for itself, and line breaks for themselves */
export function unescapeString(sql: string, start: number, standard = false): ReadString {
  const quote = sql[start]!;
  const parts: string[] = [];
  let bytes: number[] = [];
  let problem: string | undefined;
  let runStart = start + 1;
  let at = runStart;

  const flushBytes = () => {
    if (bytes.length > 0) parts.push(Buffer.from(bytes).toString('utf8'));
    bytes = [];
  };
  const flushRun = (end: number) => {
    if (end <= runStart) return;
    flushBytes();
    parts.push(sql.slice(runStart, end));
  };

  for (;;) {
    const c = sql[at];
    if (c === undefined)
      return { value: '', end: sql.length, error: sql.slice(start), hint: `the closing ${quote} of this string is missing` };
    if (c === quote && standard && sql[at + 1] === quote) {
      flushRun(at + 1);
      at += 2;
      runStart = at;
      continue;
    }
    if (c === quote) break;
    if (c === '\n' && !standard) problem ??= 'a string cannot hold a line break; write \\n';
    if (c !== '\\') {
      at++;
      continue;
    }
    flushRun(at);
    const e = sql[at + 1];
    if (e === undefined) {
      at++;
    } else if (e === "'" && quote === "'") {
      flushBytes();
      parts.push("'");
      at += 2;
    } else if (e in simple) {
      flushBytes();
      parts.push(simple[e]!);
      at += 2;
    } else if (e === 'x' || e === 'u' || e === 'U') {
      const digits = e === 'x' ? 2 : e === 'u' ? 4 : 8;
      const hex = sql.slice(at + 2, at + 2 + digits);
      const code = hex.length === digits && /^[0-9a-fA-F]+$/.test(hex) ? Number.parseInt(hex, 16) : -1;
      if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
        problem ??= `\\${e} takes ${digits} hexadecimal digits of a character`;
      else if (e === 'x') bytes.push(code);
      else {
        flushBytes();
        parts.push(String.fromCodePoint(code));
      }
      at += code < 0 ? 2 : 2 + digits;
    } else if (/^[0-3][0-7]{2}$/.test(sql.slice(at + 1, at + 4))) {
      bytes.push(Number.parseInt(sql.slice(at + 1, at + 4), 8));
      at += 4;
    } else {
      problem ??= `\\${e} is not an escape; use \\\\ for a backslash, or \\n \\r \\t \\" \\uXXXX`;
      // Step over the escaped character, so that an escaped quote does not close the string.
      at += 2;
    }
    runStart = at;
  }
  flushRun(at);
  flushBytes();
  const end = at + 1;
  if (problem !== undefined) return { value: '', end, error: `invalid string: ${asDoubleQuoted(sql.slice(start, end))}`, hint: problem };
  return { value: parts.join('').toWellFormed(), end };
}

function asDoubleQuoted(literal: string): string {
  return literal.startsWith('"') ? literal : `"${literal.slice(1, -1)}"`;
}
