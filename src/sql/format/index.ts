// SQL in the gateway's own style, for editors and `kuiper sql fmt`: comments stay, the meaning stays, twice is the same as once.
// Works on tokens (layout.ts) and compares the syntax trees of before and after. Not exported by src/sql/index.ts: it is loaded on use.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import { parseStatement } from '../parser/index.ts';
import { render } from './doc.ts';
import { commentsDoc, layoutStatement } from './layout.ts';
import { type Comment, type Piece, piecesOf } from './pieces.ts';
import { splitStatements } from './statements.ts';

export { type Part, splitStatements } from './statements.ts';

/** Columns that a line should not exceed. */
export const LINE_WIDTH = 100;

/** @param sql one statement, or several with a semicolon behind each; what stands behind the first semicolon of a rule is read too
 *  @returns the statements with a blank line between them, without a line break at the end
 *  @throws GatewayError as parseStatement, with the place in `sql`; SQL_UNFORMATTED when the style would change what it says */
export function formatSql(sql: string): string {
  const before = splitStatements(sql).map(({ text, start }) => blanked(sql, start) + text);
  const trees = before.map((text) => parseStatement(text, 'standard'));
  const formatted = layout(piecesOf(sql));
  const after = splitStatements(formatted).map((part) => part.text);
  if (treeText(trees) !== treeText(after.map((text) => parseStatement(text, 'standard')))) throw new GatewayError('SQL_UNFORMATTED', {});
  // what eKuiper's grammar takes means the same to it as before
  for (const [i, text] of before.entries()) {
    const tree = ekuiperTree(text);
    if (tree !== undefined && tree !== ekuiperTree(after[i]!)) throw new GatewayError('SQL_UNFORMATTED', {});
  }
  return formatted;
}

/** Undefined where it is not eKuiper's SQL. */
function ekuiperTree(text: string): string | undefined {
  try {
    return treeText(parseStatement(text));
  } catch {
    return undefined; // the grammar of standard SQL has taken it
  }
}

/** So many characters as stand before a statement, so that its places are those in the whole. */
export const blanked = (sql: string, length: number): string => sql.slice(0, length).replace(/[^\n]/g, ' ');

function layout(pieces: readonly Piece[]): string {
  const texts: string[] = [];
  let current: Piece[] = [];
  let carried: readonly Comment[] = [];
  /** Comments on the line of what was printed last go behind it. @returns the others */
  const trail = (comments: readonly Comment[]): Comment[] => {
    const first = comments.findIndex((c) => c.own);
    const own = first < 0 ? [] : comments.slice(first);
    const trailing = comments.slice(0, comments.length - own.length).map((c) => ` ${c.text}`);
    if (trailing.length > 0) texts.push(`${texts.pop() ?? ''}${trailing.join('')}`);
    return own.map((c) => ({ ...c, own: true }));
  };
  for (const piece of pieces) {
    const { type } = piece.token;
    const begins = current.length === 0;
    let before: readonly Comment[] = [...carried, ...piece.before];
    carried = [];
    if (begins && texts.length > 0) before = trail(before);
    if (type !== ';' && type !== 'end') {
      current.push(begins ? { ...piece, before } : piece);
      continue;
    }
    const end = type === ';' ? ';' : '';
    if (!begins || end !== '') texts.push(render([begins ? '' : layoutStatement(current), end], LINE_WIDTH));
    current = [];
    carried = begins ? before : trail(before);
  }
  if (carried.length > 0) texts.push(render(commentsDoc(carried, ''), LINE_WIDTH).trim());
  return texts.join('\n\n');
}

/** The syntax tree without places. */
function treeText(tree: unknown): string {
  return JSON.stringify(tree, (_key, v: unknown) => (typeof v === 'bigint' ? `${v}n` : isSpan(v) ? undefined : v));
}

const isSpan = (v: unknown): boolean =>
  typeof v === 'object' && v !== null && typeof (v as { start?: unknown }).start === 'number' && Object.keys(v).length === 2 && 'end' in v;
