// What an editor knows while somebody types: functions with signature and text, streams and tables with their columns, words and options.
// Plain data: the answer of GET /sql/catalog, which the console, the language server and the command line use. Made when asked for.
import type { FunctionCatalogue, FunctionDefinition } from '../../contract/function.ts';
import { toJsonText } from '../../data/json-text.ts';
import type { Row, Value } from '../../data/value.ts';
import { signatureOf } from '../../functions/signature.ts';
import { ruleOptionSpecs } from '../../runtime/index.ts';
import type { SourceDefinition } from '../streams/definition.ts';
import { type Column, declaredColumns, type SeenColumns } from './columns.ts';
import { clauseWords, metaWords, optionWords, statementWords, typeWords, unitWords, type Word, windowWords } from './words.ts';

export interface FunctionInfo {
  readonly name: string;
  readonly aliases: readonly string[];
  /** scalar, aggregate, analytic, table, window */
  readonly kind: string;
  readonly group: string;
  /** `substring(text: string, start: int [, end: int])` */
  readonly signature: string;
  readonly params: readonly { name: string; type: string; optional: boolean; repeats: boolean }[];
  readonly returns: string;
  readonly doc: string;
  readonly examples: readonly { sql: string; result: string }[];
  /** Rules with sqlCompatibility ekuiper do not know it. */
  readonly standardOnly: boolean;
  readonly plugin: boolean;
}

export interface SourceEntry {
  readonly name: string;
  readonly kind: 'stream' | 'table';
  readonly lookup: boolean;
  readonly type: string;
  readonly format: string;
  readonly columns: readonly Column[];
}

export interface OptionEntry {
  readonly name: string;
  readonly type: string;
  readonly doc: string;
  readonly oneOf?: readonly (string | number)[];
  readonly default?: unknown;
}

export interface EditorCatalog {
  readonly functions: readonly FunctionInfo[];
  readonly sources: readonly SourceEntry[];
  readonly words: {
    readonly statements: readonly Word[];
    readonly clauses: readonly Word[];
    readonly windows: readonly Word[];
    readonly units: readonly Word[];
    readonly types: readonly Word[];
    readonly meta: readonly Word[];
    readonly streamOptions: readonly Word[];
  };
  readonly ruleOptions: readonly OptionEntry[];
  readonly formats: readonly string[];
  readonly sourceTypes: readonly string[];
}

export interface CatalogDeps {
  functions: FunctionCatalogue;
  sources: readonly SourceDefinition[];
  /** Last rows of the sources of running rules. */
  lastRows: Iterable<{ stream: string; row: Row }>;
  /** Columns of a stream that running rules read. */
  columnsRead(stream: string): readonly string[];
  seen: SeenColumns;
  formats: readonly string[];
  sourceTypes: readonly string[];
}

export function makeCatalog({ functions, sources, lastRows, columnsRead, seen, formats, sourceTypes }: CatalogDeps): EditorCatalog {
  seen.keepOnly(new Set(sources.map((s) => s.name)));
  for (const { stream, row } of lastRows) seen.see(stream, row);
  return {
    functions: functionInfos(functions),
    sources: sources.map((s) => ({
      name: s.name,
      kind: s.kind,
      lookup: s.lookup,
      type: s.type,
      format: s.format,
      columns: columnsOf(s, seen, columnsRead(s.name)),
    })),
    words: {
      statements: statementWords,
      clauses: clauseWords,
      windows: windowWords,
      units: unitWords,
      types: typeWords,
      meta: metaWords,
      streamOptions: optionWords,
    },
    ruleOptions: ruleOptionSpecs.map((o) => ({
      name: o.name,
      type: o.type,
      doc: o.doc,
      ...(o.oneOf ? { oneOf: o.oneOf } : {}),
      ...(o.default === undefined ? {} : { default: o.default }),
    })),
    formats,
    sourceTypes,
  };
}

/** Declared ones are all that there are; else what was seen, then what rules read and nobody has seen. */
function columnsOf(s: SourceDefinition, seen: SeenColumns, read: readonly string[]): Column[] {
  if (s.statement.fields.length > 0) return declaredColumns(s.statement.fields as never);
  const found = seen.of(s.name);
  const names = new Set(found.map((c) => c.name));
  return [...found, ...read.filter((name) => name !== '*' && !names.has(name)).map((name): Column => ({ name, type: '', from: 'read' }))];
}

export function functionInfos(functions: FunctionCatalogue): FunctionInfo[] {
  const infos: FunctionInfo[] = [];
  for (const name of functions.names()) {
    const f = functions.get(name);
    if (f !== undefined && f.name === name) infos.push(infoOf(f));
  }
  return infos;
}

function infoOf(ekuiper: FunctionDefinition): FunctionInfo {
  // rules are standard unless they say otherwise
  const f = ekuiper.standard ?? ekuiper;
  return {
    name: f.name,
    aliases: f.aliases ?? [],
    kind: f.kind,
    group: f.group,
    signature: `${f.name}(${signatureOf(f.params)})`,
    params: f.params.map((p) => ({ name: p.name, type: p.type, optional: p.optional ?? false, repeats: p.rest ?? false })),
    returns: f.returns === 'same' ? 'as the argument' : f.returns,
    doc: f.doc,
    examples: f.examples.flatMap(([sql, expected, row]) =>
      row === undefined && !isError(expected) ? [{ sql, result: toJsonText(expected as Value) ?? String(expected) }] : [],
    ),
    standardOnly: f.onlyStandard ?? false,
    plugin: f.group === 'plugin',
  };
}

const isError = (v: unknown): boolean => typeof v === 'object' && v !== null && typeof (v as { error?: unknown }).error === 'string';
