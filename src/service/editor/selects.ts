// Which SELECT of a statement the cursor stands in, and which steps it may read: names of WITH and of sub-selects, with the columns that they give
// out. Works on tokens, so that a statement which is not finished is understood as well. Called by cursor.ts.
import type { Token } from '../../sql/tokens.ts';

export interface StepNames {
  readonly name: string;
  /** Names in its select list, as far as they can be told. */
  readonly columns: readonly string[];
  /** `SELECT *`: also the columns of this stream or step. */
  readonly star?: string;
}

export interface SelectAround {
  /** Tokens of the SELECT around the cursor, without those of SELECTs in it. */
  readonly tokens: readonly Token[];
  readonly steps: readonly StepNames[];
}

const isWord = (t: Token | undefined, word: string): boolean =>
  t !== undefined && (t.type === word || (t.type === 'name' && t.quoted !== true && t.text.toUpperCase() === word));
const opensSelect = (tokens: readonly Token[], i: number): boolean =>
  tokens[i]?.type === '(' && (isWord(tokens[i + 1], 'SELECT') || isWord(tokens[i + 1], 'WITH'));

/** Index of the bracket that closes the one at `from`; the number of tokens when none does. */
function closing(tokens: readonly Token[], from: number): number {
  let depth = 0;
  for (let i = from; i < tokens.length; i++) {
    if (tokens[i]?.type === '(') depth++;
    else if (tokens[i]?.type === ')' && --depth === 0) return i;
  }
  return tokens.length;
}

/** @param at offset of the cursor, UTF-16 units */
export function selectAround(statement: readonly Token[], at: number): SelectAround {
  const steps: StepNames[] = [];
  let inner = statement;
  for (let i = 0; i < statement.length; i++) {
    if (!opensSelect(statement, i)) continue;
    const end = closing(statement, i);
    const query = statement.slice(i + 1, end);
    const opens = statement[i]?.span.end ?? 0;
    const closes = statement[end]?.span.start ?? Number.POSITIVE_INFINITY;
    // the innermost that holds the cursor is met last
    if (opens <= at && at <= closes) inner = query;
    else if (closes < at) steps.push(...named(statement, i, end, query));
    else steps.push(...named(statement, i, end, query).filter(() => isFromBehind(statement, i)));
  }
  return { tokens: sideAt(withoutInner(inner), at), steps };
}

/** `name AS (SELECT …)` of WITH, `(SELECT …) AS name` behind FROM and JOIN. */
function named(all: readonly Token[], open: number, close: number, query: readonly Token[]): StepNames[] {
  const before = all[open - 2];
  const behind = all[close + 2];
  const name =
    all[open - 1]?.type === 'AS' && before?.type === 'name'
      ? before.text
      : all[close + 1]?.type === 'AS' && behind?.type === 'name'
        ? behind.text
        : undefined;
  return name === undefined ? [] : [{ name, ...givenOut(query) }];
}

/** A sub-select stands behind the select list that reads it. */
const isFromBehind = (all: readonly Token[], open: number): boolean => all[open - 1]?.type === 'FROM' || all[open - 1]?.type === 'JOIN';

/** Without SELECTs in brackets; what stands around them stays. */
function withoutInner(tokens: readonly Token[]): Token[] {
  const left: Token[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i];
    if (opensSelect(tokens, i)) i = closing(tokens, i);
    else if (token) left.push(token);
  }
  return left;
}

/** The side of UNION ALL that holds the cursor. */
function sideAt(tokens: readonly Token[], at: number): readonly Token[] {
  let from = 0;
  for (let i = 0; i < tokens.length; i++) {
    if (!isWord(tokens[i], 'UNION')) continue;
    if ((tokens[i]?.span.start ?? 0) >= at) return tokens.slice(from, i);
    from = i + 1;
  }
  return tokens.slice(from);
}

/** Columns of the select list; what has neither alias nor name of its own has none that somebody would type. */
function givenOut(query: readonly Token[]): Omit<StepNames, 'name'> {
  const plain = withoutInner(query);
  const begin = plain.findIndex((t) => isWord(t, 'SELECT'));
  const end = plain.findIndex((t, i) => i > begin && t.type === 'FROM');
  const list = plain.slice(begin + 1, end < 0 ? plain.length : end);
  const columns: string[] = [];
  let star = false;
  let depth = 0;
  let item: Token[] = [];
  const take = (): void => {
    const last = item.at(-1);
    const before = item.at(-2);
    if (item[0]?.type === '*') star = true;
    else if (last?.type === 'name' && (before === undefined || ['AS', '.', '->'].includes(before.type) || isWord(before, 'DISTINCT')))
      columns.push(last.text);
    item = [];
  };
  for (const t of list) {
    if (t.type === '(' || t.type === '[') depth++;
    else if (t.type === ')' || t.type === ']') depth--;
    if (t.type === ',' && depth === 0) take();
    else item.push(t);
  }
  take();
  const source = plain[end + 1];
  return { columns, ...(star && end >= 0 && source?.type === 'name' ? { star: source.text } : {}) };
}
