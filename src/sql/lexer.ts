// Text to tokens. Never throws: what cannot be read becomes a `bad` token, so that an earlier syntax error is reported first.
// Called by parser/reader.ts. eKuiper's odd readings (a lone `!` as `=`, `- -` as comment) are refused here with a hint.
import { unescapeString } from './string-literal.ts';
import { reservedWords, type Token, type TokenType } from './tokens.ts';

const isBlank = (c: string | undefined) => c === ' ' || c === '\t' || c === '\r' || c === '\n';
const isDigit = (c: string | undefined) => c !== undefined && c >= '0' && c <= '9';
const isLetter = (c: string | undefined) => c !== undefined && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));

/** Operators of one character that never begin a longer one. */
const singles = new Set('=+*%&|^,()[]:#;');

/** @returns tokens in order; the last one is `end` and has an empty span. Linear in the length of the text.
 *  @param standard with the words and signs of standard SQL: `<>`, `||`, 1e3, 0xFF, 'it''s', names with any letters
 *  @param most after so many tokens, not counting the end, nothing more is read */
export function tokenize(sql: string, most = Number.POSITIVE_INFINITY, standard = false): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const add = (type: TokenType, text: string, start: number, hint?: string, quoted?: boolean) => {
    tokens.push({ type, text, span: { start, end: at }, hint, quoted });
  };
  const skipBlanks = (from: number) => {
    while (isBlank(sql[from])) from++;
    return from;
  };

  while (at < sql.length && tokens.length < most) {
    const start = at;
    const c = sql[at]!;
    if (isBlank(c)) {
      at++;
    } else if (isLetter(c) || (standard && anyLetter(sql, at) > 0)) {
      for (let step = 1; step > 0; at += step)
        step = isLetter(sql[at]) || isDigit(sql[at]) || sql[at] === '_' ? 1 : standard ? anyLetter(sql, at) : 0;
      const word = sql.slice(start, at);
      const upper = word.toUpperCase();
      if (reservedWords.has(upper)) add(upper, upper, start);
      else add('name', word, start);
    } else if (isDigit(c) || (c === '.' && isDigit(sql[at + 1]))) {
      const special = standard ? numberOfStandard(sql, at) : undefined;
      if (special) {
        at += special.length;
        if (/^0x/i.test(special)) add('int', String(BigInt(special)), start);
        else add('float', special, start);
        continue;
      }
      while (isDigit(sql[at]) || sql[at] === '.') at++;
      const text = sql.slice(start, at);
      add(text.includes('.') ? 'float' : 'int', text, start);
    } else if (c === '"' || c === "'") {
      const read = unescapeString(sql, at, standard);
      at = read.end;
      if (read.error === undefined) add(c === '"' ? 'string' : 'single', read.value, start);
      else add('bad', read.error, start, read.hint);
    } else if (c === '`') {
      const close = sql.indexOf('`', at + 1);
      at = close < 0 ? sql.length : close + 1;
      if (close < 0) add('bad', sql.slice(start), start, 'the closing ` of this name is missing');
      else add('name', sql.slice(start + 1, close).toWellFormed(), start, undefined, true);
    } else if (c === '-') {
      if (sql[at + 1] === '-') {
        const newline = sql.indexOf('\n', at);
        at = newline < 0 ? sql.length : newline + 1;
        continue;
      }
      const next = skipBlanks(at + 1);
      if (standard && sql[next] !== '>') {
        at++;
        add('-', '-', start);
      } else if (sql[next] === '>') {
        at = next + 1;
        add('->', '->', start);
      } else if (sql[next] === '-') {
        at = next + 1;
        add('bad', '-', start, 'a second - begins a comment; write the negative operand in parentheses: a - (-1)');
      } else if (sql[next] === '.' && isDigit(sql[next + 1])) {
        at = next + 1;
        while (isDigit(sql[at]) || sql[at] === '.') at++;
        add('float', '-' + sql.slice(next, at), start);
      } else {
        at++;
        add('-', '-', start);
      }
    } else if (c === '/') {
      if (sql[at + 1] === '*') {
        const close = sql.indexOf('*/', at + 2);
        at = close < 0 ? sql.length : close + 2;
        if (close < 0) add('bad', '', start, 'the closing */ of this comment is missing');
      } else {
        at++;
        add('/', '/', start);
      }
    } else if (standard && pairs.has(sql.slice(at, at + 2))) {
      at += 2;
      const pair = sql.slice(start, at);
      const sign = pair === '<>' ? '!=' : pair === '==' ? '=' : pair;
      add(sign, sign, start);
    } else if (c === '<' || c === '>' || c === '!') {
      const next = skipBlanks(at + 1);
      if (sql[next] === '=') {
        at = next + 1;
        add(c + '=', c + '=', start);
      } else {
        at++;
        if (c === '!') add('bad', '!', start, 'write != for "not equal"');
        else add(c, c, start);
      }
    } else if (c === '.') {
      at++;
      add('.', '.', start);
    } else if (singles.has(c)) {
      at++;
      add(c, c, start);
    } else {
      at += sql.codePointAt(at)! > 0xffff ? 2 : 1;
      add('bad', sql.slice(start, at).toWellFormed(), start, hintForCharacter(c));
    }
  }
  add('end', 'EOF', sql.length);
  return tokens;
}

/** Signs of two characters that only standard SQL has. */
const pairs: ReadonlySet<string> = new Set(['<>', '==', '||', '<<', '>>', '::']);

/** @returns the length of the letter or underscore there, 0 when there is none */
function anyLetter(sql: string, at: number): number {
  if (sql[at] === '_') return 1;
  const code = sql.codePointAt(at);
  if (code === undefined || code < 0x80) return 0;
  return /[\p{L}\p{M}\p{Nd}]/u.test(String.fromCodePoint(code)) ? (code > 0xffff ? 2 : 1) : 0;
}

/** @returns the text of a number with an exponent or in hexadecimal digits */
function numberOfStandard(sql: string, at: number): string | undefined {
  const number = /(0[xX][0-9a-fA-F]{1,16}|(\d+\.?\d*|\.\d+)[eE][+-]?\d+)(?![\w.])/y;
  number.lastIndex = at;
  return number.exec(sql)?.[0];
}

function hintForCharacter(c: string): string {
  if (c === '_') return 'names begin with a letter; write the name in back quotes';
  if (c === '\u00a0' || c === '\u3000' || c === '\ufeff' || c === '\u200b')
    return 'this is a special blank (no-break or invisible); replace it by a normal one';
  if (/\p{L}/u.test(c)) return 'names with letters beyond a-z must stand in back quotes';
  return 'this character has no meaning in SQL';
}
