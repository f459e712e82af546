// One statement as a Doc: a clause per line where it does not fit on one, an item per line where the clause does not, AND and OR at the begin of
// a line. Works on tokens, so that syntax which is not known here is laid out as well; words that are names are never changed, but for those
// of CREATE. Called by index.ts.
import { ddlWords } from '../parser/ddl.ts';
import { reservedWords } from '../tokens.ts';
import { type Doc, group, hard, line, nest, soft } from './doc.ts';
import type { Comment, Piece } from './pieces.ts';

const JOINS = new Set(['INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS', 'JOIN']);
const CLAUSES = new Set(['SELECT', 'FROM', 'WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT']);
/** Types of tokens that end an operand: a `-` or `*` behind one has two sides. */
const ENDS = new Set(['name', 'int', 'float', 'string', 'single', ')', ']', 'TRUE', 'FALSE', 'END', 'DD', 'HH', 'MI', 'SS', 'MS']);
/** No blank before these. */
const TIGHT_BEFORE = new Set([',', ')', ']', '.', '->', '[', ':', ';']);
/** No blank behind these. */
const TIGHT_BEHIND = new Set(['(', '[', '.', '->', ':']);

type Place = 'list' | 'from' | 'options' | 'columns' | 'index';

/** @param pieces of one statement, without semicolon and end */
export function layoutStatement(pieces: readonly Piece[]): Doc {
  const cursor = new Cursor(pieces);
  const { type } = pieces[0]!.token;
  if (type === 'SELECT' || isWord(pieces[0], 'WITH')) return [cursor.comments(), query(cursor)];
  if (isWord(pieces[0], 'CREATE')) return [cursor.comments(), create(cursor)];
  return [cursor.comments(), run(cursor, 'list', () => false, ddlWords.some((w) => isWord(pieces[0], w)) ? 2 : 0)];
}

const isWord = (piece: Piece | undefined, word: string): boolean =>
  piece?.token.type === 'name' && piece.token.quoted !== true && piece.token.text.toUpperCase() === word;

class Cursor {
  private readonly pieces: readonly Piece[];
  private at = 0;
  /** Comments that stood before a comma: they go behind it. */
  private kept: readonly Comment[] = [];

  constructor(pieces: readonly Piece[]) {
    this.pieces = pieces;
  }

  peek(ahead = 0): Piece | undefined {
    return this.pieces[this.at + ahead];
  }

  get previous(): Piece | undefined {
    return this.pieces[this.at - 1];
  }

  get isDone(): boolean {
    return this.at >= this.pieces.length;
  }

  take(): Piece {
    return this.pieces[this.at++]!;
  }

  /** What stands between the token before and the next one: its comments, or `otherwise`. */
  comments(otherwise: Doc = ''): Doc {
    const next = this.peek();
    const all = [...this.kept, ...(next?.before ?? [])];
    this.kept = [];
    if (all.length === 0) return otherwise;
    if (next?.token.type === ',') {
      this.kept = all;
      return otherwise;
    }
    return commentsDoc(all, otherwise);
  }
}

/** @param otherwise what would stand there without comments, and stands behind those that end in a line */
export function commentsDoc(all: readonly Comment[], otherwise: Doc): Doc {
  const docs: Doc[] = [];
  for (const c of all) {
    if (c.own) docs.push(hard, c.text, hard);
    else docs.push(' ', c.text, ...(c.line ? [hard] : []));
  }
  const last = all.at(-1)!;
  return [docs, last.own || last.line ? '' : otherwise === '' ? ' ' : otherwise];
}

/** The word with which a clause begins here, and how many tokens belong to it; 0 = none begins. */
function clauseAt(c: Cursor): number {
  const piece = c.peek();
  if (piece === undefined || isMember(c)) return 0;
  const { type } = piece.token;
  const next = c.peek(1)?.token;
  if (CLAUSES.has(type)) return next?.type === 'BY' ? 2 : 1;
  if (JOINS.has(type)) {
    let n = 1;
    while (c.peek(n) !== undefined && (c.peek(n)!.token.type === 'JOIN' || isWord(c.peek(n), 'OUTER'))) n++;
    return c.peek(n - 1)!.token.type === 'JOIN' ? n : 0;
  }
  if (isWord(piece, 'UNION') && next !== undefined && (next.type === 'SELECT' || isWord(c.peek(1), 'ALL')))
    return isWord(c.peek(1), 'ALL') ? 2 : 1;
  // QUALIFY, EMIT and the like: a word between the end of an operand and the begin of another one
  if (isWord(piece, 'QUALIFY') && endsOperand(c) && next !== undefined && beginsOperand(next.type)) return 1;
  return 0;
}

/** A name behind a dot or an arrow is a name, whatever the word. */
const isMember = (c: Cursor): boolean => c.previous?.token.type === '.' || c.previous?.token.type === '->';
const endsOperand = (c: Cursor): boolean => c.previous !== undefined && ENDS.has(c.previous.token.type);
const beginsOperand = (type: string): boolean =>
  type === '(' || type === '-' || type === 'CASE' || type === 'NOT' || (ENDS.has(type) && type !== ')' && type !== ']');

/** A SELECT with its clauses, up to a bracket that it did not open. */
function query(c: Cursor): Doc {
  const clauses: Doc[] = [];
  const ends = () => clauseAt(c) > 0;
  while (!c.isDone && c.peek()!.token.type !== ')') {
    const words = clauseAt(c);
    const lead = clauses.length === 0 ? '' : c.comments(line);
    const first = c.peek()!.token.type;
    const keyword: Doc[] = [];
    for (let i = 0; i < words; i++) keyword.push(i === 0 ? '' : c.comments(' '), wordOf(c));
    if (words === 0 && isWord(c.peek(), 'WITH')) keyword.push(wordOf(c));
    if (first === 'name' && keyword.length > 0 && clauseAt(c) > 0) {
      clauses.push([lead, keyword]);
      continue;
    }
    const place: Place = first === 'FROM' || JOINS.has(first) ? 'from' : 'list';
    const gap = place === 'from' || keyword.length === 0 ? ' ' : line;
    const body = c.isDone || c.peek()!.token.type === ')' ? '' : [c.comments(keyword.length === 0 ? '' : gap), run(c, place, ends)];
    clauses.push([lead, group([keyword, nest(body)])]);
  }
  return group(clauses);
}

/** CREATE STREAM name (…) WITH (…). */
function create(c: Cursor): Doc {
  const docs: Doc[] = [wordOf(c, true)];
  let lists = 0;
  while (!c.isDone) {
    const { type } = c.peek()!.token;
    docs.push(c.comments(type === ';' ? '' : ' '));
    if (type === '(') docs.push(bracket(c, lists++ === 0 ? 'columns' : 'options'));
    // CREATE STREAM, and WITH behind the columns
    else docs.push(wordOf(c, isWord(c.peek(), 'STREAM') || isWord(c.peek(), 'TABLE') || (lists > 0 && isWord(c.peek(), 'WITH'))));
  }
  return docs;
}

/** Takes the next token. @param upper a word of the statement that the lexer reads as a name */
function wordOf(c: Cursor, upper = false): string {
  const member = isMember(c);
  const { text, token, written } = c.take();
  if (member && reservedWords.has(token.type)) return written;
  return upper ? text.toUpperCase() : text;
}

/** Tokens up to `ends` or to a bracket that was not opened here. @param words so many tokens at the begin are words of the statement */
function run(c: Cursor, place: Place, ends: () => boolean, words = 0): Doc {
  const docs: Doc[] = [];
  let between = 0;
  for (let n = 0; !c.isDone; n++) {
    const { type } = c.peek()!.token;
    if (type === ')' || type === ']') break;
    if (n > 0) {
      if (ends()) break;
      docs.push(c.comments(separator(c, place, between > 0)));
    }
    if (!isMember(c)) {
      if (type === 'BETWEEN') between++;
      else if (type === 'AND' && between > 0) between--;
    }
    if (type === '(') docs.push(bracket(c, place === 'columns' ? 'columns' : 'list'));
    else if (type === '[') docs.push(bracket(c, 'index'));
    else if (type === 'CASE' && !isMember(c)) docs.push(caseDoc(c));
    else
      docs.push(wordOf(c, n < words || (place === 'options' && c.peek(1)?.token.type === '=') || (place === 'columns' && isTypeName(c))));
  }
  return docs;
}

/** BIGINT, ARRAY, … behind the name of a column, DATETIME inside of ARRAY(…). */
const TYPES = new Set(['BIGINT', 'FLOAT', 'STRING', 'BYTEA', 'DATETIME', 'BOOLEAN', 'ARRAY', 'STRUCT']);
function isTypeName(c: Cursor): boolean {
  const { token } = c.peek()!;
  if (token.type !== 'name' || token.quoted === true || !TYPES.has(token.text.toUpperCase())) return false;
  const before = c.previous?.token;
  const next = c.peek(1)?.token.type;
  // a name of a column is followed by its type; a type by a bracket, a comma or DEFAULT
  return before?.type === 'name' || next === '(' || next === ')';
}

/** What stands between the token before and the next one, comments aside. */
function separator(c: Cursor, place: Place, between: boolean): Doc {
  const next = c.peek()!;
  const before = c.previous!;
  const [a, b] = [before.token.type, next.token.type];
  if (b === '=' || a === '=') return place === 'options' ? '' : ' ';
  // a topic as the name of a stream: a/b/#
  if (place === 'from' && before.token.span.end === next.token.span.start && (TOPIC.has(a) || TOPIC.has(b))) return '';
  if (a === ',') return line;
  if (isMember(c) || TIGHT_BEFORE.has(b) || TIGHT_BEHIND.has(a)) return '';
  if (b === '(') return a === 'name' || a === 'EXCEPT' || a === 'REPLACE' ? '' : ' ';
  if (a === '-' && isSign(c)) return '';
  if (place === 'options') return line;
  if ((b === 'AND' && !between) || b === 'OR') return line;
  return ' ';
}

const TOPIC = new Set(['/', '#', '+']);

/** The token before is a minus without a left side. */
function isSign(c: Cursor): boolean {
  const left = c.peek(-2);
  return left === undefined || !ENDS.has(left.token.type);
}

function bracket(c: Cursor, place: Place): Doc {
  const open = c.take().text;
  const close = open === '(' ? ')' : ']';
  const type = c.peek()?.token.type;
  const ended = () => c.isDone || c.peek()!.token.type === close;
  if (place === 'index') {
    const inside = ended() ? '' : [c.comments(), run(c, 'index', () => false)];
    return [open, inside, c.isDone ? '' : [c.comments(), c.take().text]];
  }
  if (ended()) return group([open, nest(c.comments()), c.isDone ? '' : c.take().text]);
  const lead = c.comments(soft);
  const inside =
    type === 'SELECT' || (isWord(c.peek(), 'WITH') && place === 'list' && opensQuery(c)) ? query(c) : run(c, place, () => false);
  const tail = c.isDone ? '' : [nest(c.comments()), soft, c.take().text];
  return group([open, nest([lead, inside]), tail]);
}

/** WITH name AS ( … */
const opensQuery = (c: Cursor): boolean => c.peek(1)?.token.type === 'name' && c.peek(2)?.token.type === 'AS';

/** From CASE to END. */
function caseDoc(c: Cursor): Doc {
  const docs: Doc[] = [wordOf(c)];
  const ends = () => ['WHEN', 'THEN', 'ELSE', 'END'].includes(c.peek()!.token.type) && !isMember(c);
  while (!c.isDone && c.peek()!.token.type !== ')' && c.peek()!.token.type !== ']') {
    const { type } = c.peek()!.token;
    if (type === 'END') {
      docs.push(c.comments(line), wordOf(c));
      break;
    }
    const word = ends() ? wordLead(c, type) : c.comments(' ');
    docs.push(nest([word, c.isDone || ends() ? '' : run(c, 'list', ends)]));
  }
  return group(docs);
}

/** WHEN, THEN, ELSE with what goes before and behind. */
function wordLead(c: Cursor, type: string): Doc {
  const lead = c.comments(type === 'THEN' ? ' ' : line);
  const word = wordOf(c);
  return [lead, word, c.isDone ? '' : c.comments(' ')];
}
