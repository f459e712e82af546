// What may stand where the cursor is: streams behind FROM, columns of the streams in scope and functions in expressions, options and their values
// in CREATE. Called by index.ts. Next: cursor.ts.
import { printName } from '../../sql/print/names.ts';
import type { Token } from '../../sql/tokens.ts';
import type { EditorCatalog, FunctionInfo, SourceEntry } from './catalog.ts';
import type { Column } from './columns.ts';
import { type CursorPlace, placeAt } from './cursor.ts';
import type { StepNames } from './selects.ts';
import type { Word } from './words.ts';

export type CompletionKind =
  | 'column'
  | 'function'
  | 'stream'
  | 'table'
  | 'keyword'
  | 'window'
  | 'unit'
  | 'type'
  | 'option'
  | 'value'
  | 'meta';

export interface CompletionItem {
  readonly label: string;
  readonly kind: CompletionKind;
  /** Signature, type or origin, one line. */
  readonly detail: string;
  readonly doc: string;
  /** Text to put in the place of the range. */
  readonly insert: string;
}

export interface Completion {
  /** Range that an item replaces, UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly items: readonly CompletionItem[];
}

const MAX_ITEMS = 300;

export function complete(sql: string, offset: number, catalog: EditorCatalog): Completion {
  const place = placeAt(sql, offset);
  if (place === undefined) return { start: offset, end: offset, items: [] };
  const wanted = place.prefix.replace(/^`/, '').toLowerCase();
  const seen = new Set<string>();
  const items = itemsAt(place, catalog).filter(({ label, kind }) => {
    const key = `${kind} ${label}`;
    if (seen.has(key) || !label.toLowerCase().startsWith(wanted)) return false;
    seen.add(key);
    return true;
  });
  return { start: place.start, end: place.end, items: items.slice(0, MAX_ITEMS) };
}

function itemsAt(place: CursorPlace, catalog: EditorCatalog): CompletionItem[] {
  const [first] = place.before;
  if (first === undefined) return place.inString ? [] : catalog.words.statements.map(keyword).concat(keyword({ name: 'SELECT', doc: '' }));
  const verb = first.text.toUpperCase();
  if (first.type !== 'name') return place.inString ? [] : selectItems(place, catalog);
  if (verb === 'CREATE') return createItems(place, catalog);
  if (place.inString) return [];
  if (verb === 'WITH') return selectItems(place, catalog);
  const { words } = catalog;
  if (place.before.length === 1)
    return words.statements.filter((w) => w.name.startsWith(`${verb} `)).map((w) => keyword({ ...w, name: w.name.slice(verb.length + 1) }));
  return catalog.sources.filter((s) => s.kind === place.before[1]!.text.toLowerCase()).map(sourceItem);
}

function selectItems(place: CursorPlace, catalog: EditorCatalog): CompletionItem[] {
  const last = place.before.at(-1)!;
  const inside = place.open.at(-1)?.toLowerCase() ?? '';
  if (last.type === 'FROM' || last.type === 'JOIN') return [...place.steps.map(stepItem), ...catalog.sources.map(sourceItem)];
  if (last.type === 'AS') return [];
  if (inside === 'meta' || inside === 'mqtt') return catalog.words.meta.map((w) => ({ ...keyword(w), kind: 'meta' }));
  const scope = sourcesIn(place, catalog);
  if (last.type === '.' || last.type === '->') return membersOf(place.before, scope).map((c) => columnItem(c, ''));
  if (last.type === '(' && catalog.words.windows.some((w) => w.name.toLowerCase() === inside))
    return catalog.words.units.map((w) => ({ ...keyword(w), kind: 'unit' }));
  return [
    ...scope.flatMap(({ as, source }) => source.columns.map((c) => columnItem(c, scope.length > 1 ? as : ''))),
    ...scope.filter(() => scope.length > 1).map(({ as, source }) => ({ ...sourceItem(source), label: as, insert: printName(as) })),
    ...aliasesOf(place).map(
      (name): CompletionItem => ({ label: name, kind: 'column', detail: 'alias of this statement', doc: '', insert: printName(name) }),
    ),
    ...catalog.functions.flatMap(functionItems),
    ...(isInGroupBy(place.before)
      ? catalog.words.windows.map((w): CompletionItem => ({ ...keyword(w), kind: 'window', insert: `${w.name}(` }))
      : []),
    ...catalog.words.clauses.map(keyword),
  ];
}

interface Scoped {
  readonly as: string;
  readonly source: SourceEntry;
}

const sourcesIn = (place: CursorPlace, catalog: EditorCatalog): Scoped[] =>
  place.scope.flatMap(({ name, as }) => {
    const source = sourceNamed(name, place, catalog, 0);
    return source ? [{ as, source }] : [];
  });

/** Steps read steps; a chain that is longer is no statement that somebody types. */
const MAX_STEPS = 20;

/** A stream or table, or a step as if it were one: steps hide streams of their names. */
function sourceNamed(name: string, place: CursorPlace, catalog: EditorCatalog, depth: number): SourceEntry | undefined {
  const step = depth > MAX_STEPS ? undefined : place.steps.findLast((s) => s.name === name);
  if (!step) return catalog.sources.find((s) => s.name === name);
  const all = step.star === undefined || step.star === name ? undefined : sourceNamed(step.star, place, catalog, depth + 1);
  const columns = [...step.columns.map((c): Column => ({ name: c, type: '', from: 'step' })), ...(all?.columns ?? [])];
  return { name, kind: 'stream', lookup: false, type: '', format: '', columns };
}

const stepItem = ({ name, columns }: StepNames): CompletionItem => ({
  label: name,
  kind: 'stream',
  detail: 'step of this statement',
  doc: columns.length === 0 ? '' : `Columns: ${columns.join(', ')}`,
  insert: printName(name),
});

/** Columns behind `stream.`, or members behind `column->`. */
function membersOf(before: readonly Token[], scope: readonly Scoped[]): readonly Column[] {
  const path: string[] = [];
  for (let i = before.length - 1; i > 0 && (before[i]!.type === '.' || before[i]!.type === '->'); i -= 2) path.unshift(before[i - 1]!.text);
  const [head, ...rest] = path;
  if (head === undefined) return [];
  const of = scope.find((s) => s.as === head);
  let columns: readonly Column[] = of ? of.source.columns : scope.flatMap((s) => s.source.columns);
  for (const name of of ? rest : path) columns = columns.find((c) => c.name === name)?.fields ?? [];
  return columns;
}

/** Names behind AS in the select list. */
function aliasesOf({ select }: CursorPlace): string[] {
  const from = select.findIndex((t) => t.type === 'FROM');
  return select.flatMap((t, i) => {
    const name = select[i + 1];
    return t.type === 'AS' && (from < 0 || i < from) && name?.type === 'name' ? [name.text] : [];
  });
}

function isInGroupBy(before: readonly Token[]): boolean {
  const clause = before.findLast((t) => ['SELECT', 'FROM', 'WHERE', 'GROUP', 'HAVING', 'ORDER', 'LIMIT'].includes(t.type));
  return clause?.type === 'GROUP';
}

/** Values that an option may have. */
const VALUES: Readonly<Record<string, (catalog: EditorCatalog) => readonly string[]>> = {
  FORMAT: (c) => c.formats,
  TYPE: (c) => c.sourceTypes,
  KIND: () => ['scan', 'lookup'],
  SHARED: () => ['true', 'false'],
  TEMP: () => ['true', 'false'],
  STRICT_VALIDATION: () => ['true', 'false'],
};

function createItems(place: CursorPlace, catalog: EditorCatalog): CompletionItem[] {
  const { before, inString } = place;
  const last = before.at(-1)!;
  if (last.type === '=' || inString) {
    const option = before.at(-2)?.text.toUpperCase() ?? '';
    if (last.type !== '=') return [];
    return (VALUES[option]?.(catalog) ?? []).map(
      (v): CompletionItem => ({
        label: v,
        kind: 'value',
        detail: option,
        doc: '',
        insert: inString ? v : `"${v}"`,
      }),
    );
  }
  if (before.length === 1)
    return [keyword({ name: 'STREAM', doc: 'Names a source of messages.' }), keyword({ name: 'TABLE', doc: 'Names a table.' })];
  const [outer] = place.open;
  if (outer === undefined) return last.type === ')' ? [keyword({ name: 'WITH', doc: 'Options of the stream.' })] : [];
  const withAt = before.findIndex((t) => t.type === 'name' && t.text.toUpperCase() === 'WITH');
  if (withAt > 3 && outer.toUpperCase() === 'WITH')
    return catalog.words.streamOptions.map((w): CompletionItem => ({ ...keyword(w), kind: 'option', insert: `${w.name}=` }));
  // behind the name of a column, and inside of ARRAY(…)
  return last.type === 'name' || place.open.at(-1)?.toUpperCase() === 'ARRAY'
    ? catalog.words.types.map((w) => ({ ...keyword(w), kind: 'type' }))
    : [];
}

const keyword = ({ name, doc, usage = '' }: Word): CompletionItem => ({ label: name, kind: 'keyword', detail: usage, doc, insert: name });

const sourceItem = (s: SourceEntry): CompletionItem => ({
  label: s.name,
  kind: s.kind,
  detail: `${s.lookup ? 'lookup table' : s.kind}, ${s.type}, ${s.format}`,
  doc: s.columns.length === 0 ? '' : `Columns: ${s.columns.map((c) => c.name).join(', ')}`,
  insert: printName(s.name),
});

const columnItem = (c: Column, of: string): CompletionItem => ({
  label: c.name,
  kind: 'column',
  detail: c.type || 'type not known',
  doc:
    c.from === 'declared'
      ? 'Declared in CREATE.'
      : c.from === 'seen'
        ? 'Seen in a message; the type is guessed.'
        : c.from === 'step'
          ? 'Given out by a step of this statement.'
          : 'Read by a rule that runs.',
  insert: of === '' ? printName(c.name) : `${printName(of)}.${printName(c.name)}`,
});

const functionItems = (f: FunctionInfo): CompletionItem[] =>
  [f.name, ...f.aliases].map((name) => ({
    label: name,
    kind: 'function',
    detail: `${f.signature} → ${f.returns}`,
    doc: f.doc,
    insert: f.params.length === 0 ? `${name}()` : `${name}(`,
  }));
