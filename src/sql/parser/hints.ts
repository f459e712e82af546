// What people mean when they write SQL that eKuiper's dialect does not have: one rule a line, tried in order at the token that
// could not be read. Called by reader.ts when it makes an error.
import { suggest } from '../suggest.ts';
import { reservedWords, type Token } from '../tokens.ts';

type Rule = (token: Token, before: Token | undefined, after: Token | undefined) => string | undefined;

const wordOf = (token: Token | undefined) =>
  token !== undefined && token.quoted !== true && token.type === 'name' ? token.text.toUpperCase() : token?.type;

const rules: readonly Rule[] = [
  (t, before) => (t.type === '=' && before?.type === '=' ? 'write = once for "equal"' : undefined),
  (t, before) => (t.type === '>' && before?.type === '<' ? 'write != for "not equal"' : undefined),
  (t, before) => (t.type === '>' && before?.type === '=' ? 'write >= for "greater or equal"' : undefined),
  (t, before) => (t.type === '|' && before?.type === '|' ? 'there is no || ; use concat(a, b)' : undefined),
  (t, before) =>
    (t.type === '<' && before?.type === '<') || (t.type === '>' && before?.type === '>') ? 'there are no shift operators' : undefined,
  (t, before) => (t.type === '/' && before?.type === '/' ? 'there is no //; use floor(a / b)' : undefined),
  (t, before) => (before?.type === '*' && (t.type === 'int' || t.type === 'float') ? 'there is no **; use power(a, b)' : undefined),
  (t, before) => (wordOf(t) === 'EXCLUDE' && before?.type === '*' ? 'write * EXCEPT (a, b)' : undefined),
  (t) => (wordOf(t) === 'ILIKE' ? 'there is no ILIKE; write lower(x) LIKE "a%"' : undefined),
  (t) => (wordOf(t) === 'SIMILAR' || wordOf(t) === 'RLIKE' ? 'use regexp_matches(x, "^a")' : undefined),
  (t, before) =>
    wordOf(t) === 'DISTINCT' && before?.text.toUpperCase() === 'IS' ? 'write coalesce(x != y, isnull(x) != isnull(y))' : undefined,
  (t, before) =>
    t.type === '(' && wordOf(before) === 'FILTER' ? 'for the elements of an array use array_filter(x, e -> e > 1)' : undefined,
  (t, before) =>
    t.type === 'SELECT' && before?.type === '('
      ? 'a SELECT stands behind FROM and WITH only; use a join, or a table and a lookup'
      : undefined,
  (t) => (wordOf(t) === 'IS' ? 'there is no IS NULL; use isnull(x), or isnull(x) = false' : undefined),
  (_, before) => (wordOf(before) === 'DISTINCT' ? 'there is no DISTINCT; use deduplicate(x, true) over a window' : undefined),
  (_, before) => (wordOf(before) === 'OFFSET' ? 'there is no OFFSET' : undefined),
  (_, before) => (wordOf(before) === 'UNION' ? 'there is no UNION; make two rules with the same sink' : undefined),
  (t, before) =>
    t.type === 'JOIN' && before?.type === 'name' ? 'say which join: INNER JOIN, LEFT JOIN, RIGHT JOIN, FULL JOIN or CROSS JOIN' : undefined,
  (t, before) =>
    t.type === '(' && before?.type === 'FROM'
      ? 'there are no sub-queries; send the inner result to a memory topic with another rule'
      : undefined,
  (t) =>
    t.type === 'NOT' ? 'there is no NOT in front of an expression; compare with = false, or use NOT IN, NOT LIKE, NOT BETWEEN' : undefined,
  (t, _, after) => (t.type === '-' && after?.type === 'name' ? 'a minus sign goes before numbers only; write 0 - x' : undefined),
  (t) => (t.type === 'AS' ? 'AS renames a select field; for a type write cast(x, "bigint")' : undefined),
  (t) => (t.type === '[' ? 'there are no array literals; use array_create(1, 2)' : undefined),
  (t) => (t.type === 'FILTER' ? 'FILTER belongs to the window: GROUP BY TUMBLINGWINDOW(ss, 10) FILTER(WHERE ...)' : undefined),
  (t, before) =>
    t.type === 'name' && (before?.type === 'int' || before?.type === 'float') && before.span.end === t.span.start
      ? numberHint(t)
      : undefined,
  (t) => (t.type === ':' ? 'for a type write cast(x, "bigint")' : undefined),
  (t) => (t.type === 'end' ? 'the statement ends too early' : undefined),
  (t) => misspelt(t),
  (t) =>
    reservedWords.has(t.type) ? `${t.text} is a reserved word; as a name write it in back quotes: \`${t.text.toLowerCase()}\`` : undefined,
];

function numberHint(token: Token): string | undefined {
  if (/^e\d*$/i.test(token.text)) return 'numbers have no exponent; write 100000 for 1e5';
  if (/^x/i.test(token.text)) return 'numbers are decimal; use hex2dec("0x1F")';
  return 'a name cannot begin with a digit; write it in back quotes';
}

/** Words of clauses that a plain name at the wrong place may stand for. */
const clauseWords = [
  'FROM',
  'WHERE',
  'GROUP',
  'HAVING',
  'ORDER',
  'LIMIT',
  'INNER',
  'LEFT',
  'RIGHT',
  'FULL',
  'CROSS',
  'BETWEEN',
  'LIKE',
  'INVISIBLE',
  'EXCEPT',
  'REPLACE',
];

function misspelt(token: Token): string | undefined {
  if (token.type !== 'name' || token.quoted === true || token.text.length > 16) return undefined;
  const found = suggest(token.text, clauseWords);
  return found === undefined ? undefined : `did you mean ${found}?`;
}

/** @param at index of the token that could not be read   @returns a hint, or undefined */
export function hintAt(at: number, tokens: readonly Token[]): string | undefined {
  const token = tokens[at];
  if (token === undefined) return undefined;
  for (const rule of rules) {
    const hint = rule(token, tokens[at - 1], tokens[at + 1]);
    if (hint !== undefined) return hint;
  }
  return undefined;
}
