// The parser's view of the tokens: look, take, expect, and fail with a caret. One Reader per statement; it also carries the little
// state that eKuiper's grammar needs (counter of unnamed fields, inside meta()?).
import type { ErrorCode } from '../../base/errors/catalogue/index.ts';
import type { GatewayError } from '../../base/errors/gateway-error.ts';
import type { Span } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { tokenize } from '../lexer.ts';
import { reservedWords, type Token, type TokenType } from '../tokens.ts';
import { hintAt } from './hints.ts';

/** What one statement may take of the memory, about 150 bytes a token: 300,000 of them stand for 100,000 declared columns. */
const MAX_TOKENS = 300_000;
/** Longest statement, in UTF-16 units. */
const MAX_STATEMENT_LENGTH = 4 * 1024 * 1024;
/** Deepest nesting of parentheses, calls, CASE and types: keeps the recursive parser far from the end of the stack. */
const MAX_NESTING = 200;

export class Reader {
  readonly sql: string;
  /** The grammar of standard SQL; without it eKuiper's. */
  readonly standard: boolean;
  /** Counts select fields without a name: kuiper_field_N. */
  unnamedFields = 0;
  /** True while the arguments of meta() or mqtt() are read: names are metadata keys there. */
  inMeta = false;
  private readonly tokens: readonly Token[];
  private at = 0;
  private nesting = 0;

  constructor(sql: string, standard = false) {
    this.sql = sql;
    this.standard = standard;
    if (sql.length > MAX_STATEMENT_LENGTH) {
      const span = { start: MAX_STATEMENT_LENGTH, end: MAX_STATEMENT_LENGTH + 1 };
      throw sqlError('SQL_TOO_COMPLEX', `the statement has ${sql.length} characters, more than ${MAX_STATEMENT_LENGTH}`, sql, span);
    }
    this.tokens = tokenize(sql, MAX_TOKENS + 1, standard);
    if (this.tokens.length > MAX_TOKENS + 1) {
      const text = `the statement has more than ${MAX_TOKENS} words and signs`;
      throw sqlError('SQL_TOO_COMPLEX', text, sql, this.tokens[MAX_TOKENS]!.span);
    }
  }

  /** The token `ahead` places from here (0 = the next one); the end token repeats. */
  peek(ahead = 0): Token {
    return this.tokens[Math.min(this.at + ahead, this.tokens.length - 1)]!;
  }

  take(): Token {
    const token = this.peek();
    this.at = Math.min(this.at + 1, this.tokens.length - 1);
    return token;
  }

  /** Takes the next token when it has that type. */
  accept(type: TokenType): Token | undefined {
    return this.peek().type === type ? this.take() : undefined;
  }

  /** Takes the next token, or fails with `found "X", <expected>`. */
  expect(type: TokenType, expected: string): Token {
    return this.accept(type) ?? this.failFound(expected);
  }

  /** True when the next token is this word and not back-quoted; for words that are not reserved (CREATE, STREAM, WITH). */
  atWord(word: string, ahead = 0): boolean {
    const token = this.peek(ahead);
    return token.type === 'name' && token.quoted !== true && token.text.toUpperCase() === word;
  }

  /** Takes the next token when it is this word, as in {@link atWord}. */
  acceptWord(word: string): Token | undefined {
    return this.atWord(word) ? this.take() : undefined;
  }

  /** Takes a name where nothing else can stand: reserved words are names there in standard SQL, spelled as written. */
  acceptName(except?: ReadonlySet<string>): string | undefined {
    const token = this.peek();
    if (token.type === 'name') return this.take().text;
    if (!this.standard || !reservedWords.has(token.type) || except?.has(token.type)) return undefined;
    this.take();
    return this.sql.slice(token.span.start, token.span.end);
  }

  /** From the start of `from` to the end of the last token taken. */
  spanFrom(from: Span | number): Span {
    const start = typeof from === 'number' ? from : from.start;
    const last = this.tokens[this.at - 1];
    return { start, end: Math.max(start, last === undefined ? start : last.span.end) };
  }

  /** Begins a nested rule of the grammar; `leave` ends it. An error ends the whole statement, so it need not be caught for that. */
  enter(): void {
    if (++this.nesting > MAX_NESTING) throw this.error('SQL_TOO_COMPLEX', `the statement is nested more than ${MAX_NESTING} levels deep`);
  }

  leave(): void {
    this.nesting--;
  }

  nested<T>(rule: () => T): T {
    this.enter();
    const result = rule();
    this.leave();
    return result;
  }

  /** `found "X", expected Y.` at the next token. */
  failFound(expected: string, code: ErrorCode = 'SQL_SYNTAX'): never {
    throw this.error(code, `found ${quote(this.peek())}, ${expected}`);
  }

  /** Makes an error at a span (the next token when absent), with the hint of the token there unless one is given. */
  error(code: ErrorCode, text: string, span?: Span, hint?: string): GatewayError {
    const token = this.peek();
    const shownHint = hint ?? (span === undefined ? (token.hint ?? hintAt(this.at, this.tokens)) : undefined);
    return sqlError(token.type === 'bad' && span === undefined ? badCode(token) : code, text, this.sql, span ?? token.span, shownHint);
  }
}

/** The token as eKuiper quotes it in messages. */
export function quote(token: Token): string {
  return JSON.stringify(token.text);
}

function badCode(token: Token): ErrorCode {
  return /^(invalid string|["'`])/.test(token.text) ? 'SQL_BAD_LITERAL' : 'SQL_SYNTAX';
}
