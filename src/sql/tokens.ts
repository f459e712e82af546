// The kinds of token and the reserved words of the dialect. The lexer makes tokens, the parser reads them; print.ts needs the
// reserved words to know which names must be back-quoted. Source: docs/spec/sql.md §1.
import type { Span } from './ast.ts';

/** Reserved in every statement, compared in upper case. NULL, IS and DISTINCT are not among them: they are plain names. */
export const reservedWords: ReadonlySet<string> = new Set(
  (
    'SELECT AS FROM WHERE AND OR GROUP HAVING ORDER BY DESC ASC FILTER INNER LEFT RIGHT FULL CROSS JOIN ON CASE WHEN THEN DEFAULT ELSE END ' +
    'IN NOT BETWEEN LIKE OVER PARTITION REPLACE EXCEPT INVISIBLE TRUE FALSE DD HH MI SS MS LIMIT'
  ).split(' '),
);

/** `name` (plain or back-quoted), literals, `end`, `bad`; operators and reserved words are their own type (`<=`, `SELECT`). */
export type TokenType = 'name' | 'int' | 'float' | 'string' | 'single' | 'bad' | 'end' | (string & {});

export interface Token {
  readonly type: TokenType;
  /** Name without quotes, upper-case word, digits, unescaped string, operator; `EOF` at the end. Shown in messages. */
  readonly text: string;
  readonly span: Span;
  /** A back-quoted name: never a statement word such as CREATE. */
  readonly quoted: boolean | undefined;
  /** Only of `bad`: what is wrong, and how to cure it. */
  readonly hint: string | undefined;
}
