// What is wrong with SQL, as ranges that an editor can underline: the parser's and the planner's own errors with their places, and what is
// right by the grammar and most likely not meant. The first error of a statement ends its check; the others of a file are looked at all the same.
import { catalogue } from '../../base/errors/catalogue/index.ts';
import { isGatewayError, messageOf } from '../../base/errors/gateway-error.ts';
import type { SqlCompatibility } from '../../base/sql-compatibility.ts';
import { blanked, splitStatements } from '../../sql/format/index.ts';
import {
  type ColumnExpr,
  type CreateStatement,
  checkFormat,
  parseStatement,
  positionOf,
  rootsOf,
  type SelectStatement,
  type Span,
  type Statement,
  selectsOf,
  suggest,
  walk,
} from '../../sql/index.ts';
import { definitionOf, type SourceDefinition } from '../streams/definition.ts';
import type { SourceEntry } from './catalog.ts';

export interface Place {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points). */
  readonly column: number;
}

export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  /** Code of docs/errors.md. */
  readonly code: string;
  readonly message: string;
  /** What to do here; '' when only the cure of the code is known. */
  readonly hint: string;
  /** What to do about errors of this code. */
  readonly cure: string;
  readonly range: { readonly start: Place; readonly end: Place };
  /** The same range in UTF-16 units from the begin of the text, end exclusive. */
  readonly start: number;
  readonly end: number;
  /** A correction that is most likely meant. */
  readonly fix?: { readonly start: number; readonly end: number; readonly text: string };
}

/** `rule`: one SELECT; `script`: statements with a semicolon behind each, as in a file. */
export type LintKind = 'rule' | 'script';

export interface LintDeps {
  /** Everything that could refuse a rule with this statement. @throws GatewayError */
  checkSelect(sql: string, compatibility: SqlCompatibility | undefined): void;
  /** What the connector says of a stream. @returns what has no effect  @throws why it is refused */
  checkSource?(definition: SourceDefinition): Promise<readonly string[]>;
  formats: readonly string[];
  sources: readonly SourceEntry[];
  /** Streams that the text itself makes: what follows may read them. */
  local: Map<string, SourceDefinition>;
}

export async function lint(
  sql: string,
  kind: LintKind,
  compatibility: SqlCompatibility | undefined,
  deps: LintDeps,
): Promise<Diagnostic[]> {
  const parts = splitStatements(sql);
  const report = reporter(sql);
  if (parts.length === 0)
    return kind === 'script'
      ? []
      : [report('error', 'SQL_NOT_SELECT', 'there is no statement', { start: 0, end: sql.length }, 'begin with SELECT')];
  const found: Diagnostic[] = [];
  for (const part of kind === 'rule' ? parts.slice(0, 1) : parts) {
    // places of the statement are those of the whole text; whose SQL the rule has is the planner's affair
    const text = blanked(sql, part.start) + part.text;
    try {
      const statement = parseStatement(text, 'standard');
      if (kind === 'rule' && statement.kind !== 'select') {
        found.push(report('error', 'SQL_NOT_SELECT', 'this is not a SELECT statement', trimmed(text, part.start), 'a rule has one SELECT'));
        continue;
      }
      found.push(...(await lintStatement(statement, text, compatibility, deps, report)));
    } catch (error) {
      found.push(ofError(error, trimmed(text, part.start), report));
    }
  }
  const second = parts[1];
  if (kind === 'rule' && second)
    found.push(report('warning', 'SQL_AFTER_SEMICOLON', 'what stands behind the semicolon is ignored', trimmed(sql, second.start)));
  return found;
}

type Report = (severity: Diagnostic['severity'], code: keyof typeof catalogue, message: string, span: Span, hint?: string) => Diagnostic;

const reporter =
  (sql: string): Report =>
  (severity, code, message, span, hint = '') => {
    const start = Math.min(Math.max(0, span.start), sql.length);
    const end = Math.min(Math.max(start, span.end), sql.length);
    const meant = /^did you mean (.+)\?$/.exec(hint)?.[1];
    return {
      severity,
      code,
      message,
      hint,
      cure: catalogue[code].cure,
      range: { start: positionOf(sql, start), end: positionOf(sql, end) },
      start,
      end,
      ...(meant === undefined ? {} : { fix: { start, end, text: meant } }),
    };
  };

/** From the first character that is no blank. */
function trimmed(text: string, from: number): Span {
  const rest = text.slice(from);
  return { start: from + rest.length - rest.trimStart().length, end: from + rest.trimEnd().length };
}

async function lintStatement(
  statement: Statement,
  text: string,
  compatibility: SqlCompatibility | undefined,
  deps: LintDeps,
  report: Report,
): Promise<Diagnostic[]> {
  if (statement.kind === 'create') return lintCreate(statement, text, deps, report);
  if (statement.kind !== 'select') return [];
  deps.checkSelect(text, compatibility);
  const selects = selectsOf(statement);
  const steps = new Set(selects.flatMap((s) => (s.with ?? []).map((step) => step.name)));
  const found = selects.flatMap((s) => [
    ...s.ignoredWindows.map((w) => report('warning', 'SQL_SECOND_WINDOW', 'only the first window counts; this one is ignored', w.span)),
    ...unseenColumns(s, steps, deps.sources, report),
  ]);
  return found.sort((a, b) => a.start - b.start);
}

async function lintCreate(statement: CreateStatement, text: string, deps: LintDeps, report: Report): Promise<Diagnostic[]> {
  checkFormat(statement, text, deps.formats);
  const definition = definitionOf(text, statement);
  deps.local.set(statement.name, definition);
  if (!deps.checkSource) return [];
  const at = statement.nameSpan;
  try {
    const told = await deps.checkSource(definition);
    return told.map((sentence) => report('warning', 'OPTION_IGNORED', sentence, at));
  } catch (error) {
    return [ofError(error, statement.options.TYPE?.span ?? at, report)];
  }
}

/** The error that has a place, among the ones that it was wrapped in; else its text at the whole statement. */
function ofError(error: unknown, whole: Span, report: Report): Diagnostic {
  for (let e: unknown = error; isGatewayError(e); e = e.cause) {
    const { start, end, text, hint } = e.params as { start?: unknown; end?: unknown; text?: unknown; hint?: unknown };
    if (typeof start !== 'number' || typeof end !== 'number') continue;
    const message = typeof text === 'string' ? text : messageOf(e).split('\n')[0]!;
    return report('error', e.code, message, { start, end }, typeof hint === 'string' ? hint : '');
  }
  const code = isGatewayError(error) ? error.code : 'STREAM_COMMAND';
  const [message = '', ...more] = messageOf(error).split('\n');
  const hint = more.find((l) => l.startsWith('hint: '))?.slice('hint: '.length);
  return report('error', code, message, whole, hint);
}

/** Columns that no message had, where one that came is most likely meant. @param steps names of WITH: they are no streams, and hide those of their names */
function unseenColumns(select: SelectStatement, steps: ReadonlySet<string>, sources: readonly SourceEntry[], report: Report): Diagnostic[] {
  const inputs = [select.from, ...select.joins.map((j) => j.source)];
  const aliases = new Set(select.fields.flatMap((f) => (f.alias === undefined ? [] : [f.alias])));
  const columnsOf = new Map<string, readonly string[]>();
  const declaredBy = new Map<string, readonly string[]>();
  for (const input of inputs) {
    // what a step gives out is the planner's affair
    if (input.query || steps.has(input.name)) continue;
    const columns = sources.find((s) => s.name === input.name)?.columns ?? [];
    const declared = columns.filter((c) => c.from === 'declared').map((c) => c.name);
    if (declared.length > 0) {
      // of one input they are the planner's affair
      if (inputs.length > 1) declaredBy.set(input.alias ?? input.name, declared);
      continue;
    }
    columnsOf.set(
      input.alias ?? input.name,
      columns.filter((c) => c.from === 'seen').map((c) => c.name),
    );
  }
  const found: Diagnostic[] = [];
  const look = (expr: ColumnExpr) => {
    const declared = expr.stream === undefined ? undefined : declaredBy.get(expr.stream);
    if (declared && !declared.some((name) => name.toLowerCase() === expr.name.toLowerCase())) {
      const meant = suggest(expr.name, declared);
      const hint = meant === undefined ? `the fields are ${declared.join(', ')}` : `did you mean ${meant}?`;
      const at = { start: expr.span.end - expr.name.length, end: expr.span.end };
      found.push(report('warning', 'PLAN_UNKNOWN_COLUMN', `${expr.stream} declares no field ${expr.name}`, at, hint));
      return;
    }
    const of = expr.stream ?? (inputs.length === 1 ? (inputs[0]!.alias ?? inputs[0]!.name) : undefined);
    const columns = of === undefined ? undefined : columnsOf.get(of);
    if (!columns || columns.length === 0 || columns.includes(expr.name) || aliases.has(expr.name)) return;
    const meant = suggest(expr.name, columns);
    if (meant === undefined) return;
    const at = { start: expr.span.end - expr.name.length, end: expr.span.end };
    found.push(report('warning', 'SQL_COLUMN_UNSEEN', `no message had the column ${expr.name} yet`, at, `did you mean ${meant}?`));
  };
  for (const root of rootsOf(select)) walk(root, (expr) => (expr.kind === 'column' ? look(expr) : undefined));
  return found;
}
