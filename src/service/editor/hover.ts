// What a word in a statement means, as Markdown: a function with signature and examples, a window, a clause, an option, a stream, a column.
// Names of columns and streams come from messages and users: they are shown as code, never as markup.
import { tokenize } from '../../sql/lexer.ts';
import type { EditorCatalog, FunctionInfo } from './catalog.ts';
import { placeAt } from './cursor.ts';
import type { Word } from './words.ts';

export interface Hover {
  readonly start: number;
  readonly end: number;
  readonly markdown: string;
}

/** @returns undefined where nothing is known */
export function hover(sql: string, offset: number, catalog: EditorCatalog): Hover | undefined {
  const tokens = tokenize(sql, Number.POSITIVE_INFINITY, true);
  const i = tokens.findIndex((t) => t.type !== 'end' && t.span.start <= offset && offset <= t.span.end && /^(name|[A-Z]+)$/.test(t.type));
  const token = tokens[i];
  if (token === undefined) return undefined;
  const of = (markdown: string | undefined): Hover | undefined => (markdown === undefined ? undefined : { ...token.span, markdown });
  const next = tokens[i + 1]!;
  const before = tokens[i - 1];
  const { words } = catalog;
  const name = token.text;
  if (token.type !== 'name') return of(wordText(clauseOf(name, next.text, words.clauses)));
  if (next.type === '(') {
    const window = words.windows.find((w) => w.name === name.toUpperCase());
    const f = catalog.functions.find((x) => x.name === name || x.name === name.toLowerCase() || x.aliases.includes(name.toLowerCase()));
    if (window || f) return of(window ? wordText(window) : functionText(f!));
  }
  if (next.type === '=' && /^CREATE$/i.test(placeAt(sql, token.span.start)?.before[0]?.text ?? ''))
    return of(wordText(words.streamOptions.find((w) => w.name === name.toUpperCase())));
  const source = catalog.sources.find((s) => s.name === name);
  if (source && (before?.type === 'FROM' || before?.type === 'JOIN' || next.type === '.'))
    return of(
      `${code(name)}: ${source.lookup ? 'lookup table' : source.kind} of type ${source.type}, format ${source.format}${source.columns.map((c) => `\n- ${code(c.name)} ${c.type}`).join('')}`,
    );
  const scope = placeAt(sql, token.span.start)?.scope ?? [];
  for (const s of scope) {
    const column = catalog.sources.find((x) => x.name === s.name)?.columns.find((c) => c.name === name);
    if (column) return of(`${code(name)} ${column.type || 'type not known'}: column of ${code(s.name)}, ${column.from}`);
  }
  return undefined;
}

const clauseOf = (word: string, next: string, clauses: readonly Word[]): Word | undefined =>
  clauses.find((w) => w.name === `${word} ${next}`) ??
  clauses.find((w) => w.name === word) ??
  clauses.find((w) => w.name.endsWith(` ${word}`));

const wordText = (w: Word | undefined): string | undefined =>
  w && `**${w.name}**: ${w.doc}${w.usage === undefined ? '' : `\n\n${block(w.usage)}`}`;

function functionText(f: FunctionInfo): string {
  const also = f.aliases.length > 0 ? ` Also: ${f.aliases.join(', ')}.` : '';
  const only = f.standardOnly ? ' Not with sqlCompatibility ekuiper.' : '';
  const examples = f.examples.slice(0, 3).map((e) => `${e.sql}  → ${e.result}`);
  return `${block(`${f.signature} → ${f.returns}`)}\n${f.doc}${also}${only}${examples.length > 0 ? `\n\n${block(examples.join('\n'))}` : ''}`;
}

const block = (text: string): string => `\`\`\`sql\n${text.replaceAll('```', "'''")}\n\`\`\``;

/** A code span that its own back quotes do not end. */
function code(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map((r) => r.length));
  const fence = '`'.repeat(longest + 1);
  return longest > 0 ? `${fence} ${text.replaceAll('\n', ' ')} ${fence}` : `${fence}${text.replaceAll('\n', ' ')}${fence}`;
}
