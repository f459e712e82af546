// Help for those who write SQL: lint, format, completion, hover, plans, and both answers beside each other. One implementation for REST (the
// console), the language server and the command line, which may also have no gateway at hand. Loaded on use. Next: catalog.ts, lint.ts, complete.ts.
import type { SqlCompatibility } from '../../base/sql-compatibility.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { Row } from '../../data/value.ts';
import { formatSql } from '../../sql/format/index.ts';
import type { Planning } from '../rules/planning.ts';
import { parseRuleJson, type RuleDraft } from '../rules/rule-json.ts';
import type { SourceDefinition } from '../streams/definition.ts';
import { type EditorCatalog, makeCatalog } from './catalog.ts';
import { SeenColumns } from './columns.ts';
import { type Completion, complete } from './complete.ts';
import { type SqlDiff, sqlDiff } from './diff.ts';
import { type GraphJson, graphOfSql, sqlOfGraph } from './graph-of-sql.ts';
import { type Hover, hover } from './hover.ts';
import { type Diagnostic, type LintKind, lint } from './lint.ts';
import { rowsOf } from './rows-of.ts';

export type { EditorCatalog, FunctionInfo, SourceEntry } from './catalog.ts';
export type { Column } from './columns.ts';
export { type Completion, type CompletionItem, complete } from './complete.ts';
export type { Side, SqlDiff, SqlDifference } from './diff.ts';
export type { GraphJson } from './graph-of-sql.ts';
export { type Hover, hover } from './hover.ts';
export type { Diagnostic, LintKind } from './lint.ts';
export { MAX_ROWS, type ReplayResult, type ReplayRow } from './replay.ts';

export interface Editor {
  catalog(): Promise<EditorCatalog>;
  lint(sql: string, kind?: LintKind, compatibility?: SqlCompatibility): Promise<Diagnostic[]>;
  /** @throws GatewayError SQL_* with the place of what cannot be read */
  format(sql: string): string;
  /** @param offset of the cursor, UTF-16 units */
  complete(sql: string, offset: number): Promise<Completion>;
  hover(sql: string, offset: number): Promise<Hover | undefined>;
  /** The plan of a statement, as EXPLAIN prints it. @throws GatewayError as a rule with it would be refused */
  explain(sql: string, compatibility?: SqlCompatibility): Promise<string>;
  /** The statement as the nodes of a graph rule with these actions. @throws GatewayError when nodes cannot say it, with the reason */
  graph(sql: string, actions: readonly Readonly<Record<string, unknown>>[]): Promise<GraphJson>;
  /** The other way round. @throws GatewayError when no one statement says it */
  sqlOfGraph(graph: Readonly<Record<string, unknown>>): { sql: string; actions: Readonly<Record<string, unknown>>[] };
  /** Both answers of a statement, or of a rule's JSON, to the same rows. @param lines JSON lines, see rows-of.ts; absent: the last row of each
   *  stream that a running rule reads  @throws GatewayError when the JSON or a row cannot be read */
  diff(of: { sql: string } | { rule: string; text: string }, lines?: string): Promise<SqlDiff>;
}

export interface EditorDeps {
  functions(): Promise<FunctionCatalogue>;
  sources(): readonly SourceDefinition[];
  /** Last rows of the sources of running rules. */
  lastRows(): Iterable<{ stream: string; row: Row }>;
  columnsRead(stream: string): readonly string[];
  /** @param local streams and tables that go before the stored ones */
  planning(local: ReadonlyMap<string, SourceDefinition>): Promise<Planning>;
  checkSource?(definition: SourceDefinition): Promise<readonly string[]>;
  formats(): readonly string[];
  sourceTypes(): readonly string[];
  /** IANA name. */
  timeZone(): string;
}

/** Id of the rule that statements are checked as; no user's rule has it. */
const OWN_RULE = '$$editor';

export function createEditor(deps: EditorDeps): Editor {
  const seen = new SeenColumns();
  const catalog = async (): Promise<EditorCatalog> =>
    makeCatalog({
      functions: await deps.functions(),
      sources: deps.sources(),
      lastRows: deps.lastRows(),
      columnsRead: deps.columnsRead,
      seen,
      formats: deps.formats(),
      sourceTypes: deps.sourceTypes(),
    });
  return {
    catalog,
    format: formatSql,
    complete: async (sql, offset) => complete(sql, offset, await catalog()),
    hover: async (sql, offset) => hover(sql, offset, await catalog()),
    async lint(sql, kind = 'rule', compatibility) {
      const local = new Map<string, SourceDefinition>();
      const planning = await deps.planning(local);
      const { sources } = await catalog();
      return lint(sql, kind, compatibility, {
        sources,
        local,
        formats: deps.formats(),
        ...(deps.checkSource ? { checkSource: deps.checkSource } : {}),
        checkSelect: (text, given) => planning.check(planning.parse(draftOf(text, given))),
      });
    },
    async explain(sql, compatibility) {
      const planning = await deps.planning(NO_LOCAL);
      return planning.explain(planning.parse(draftOf(sql, compatibility)));
    },
    async graph(sql, actions) {
      const inputs = new Map(deps.sources().map((s) => [s.name, { type: s.type, isTable: s.kind === 'table' }]));
      const graph = graphOfSql(sql, actions, (name) => inputs.get(name));
      const planning = await deps.planning(NO_LOCAL);
      // nodes that the gateway would refuse help nobody; streams that are not there are said by the verdict of the rule
      planning.parse({ ...draftOf(''), graph: { ...graph } });
      return graph;
    },
    sqlOfGraph(graph) {
      const { sql, actions } = sqlOfGraph(graph);
      return { sql: formatSql(sql), actions };
    },
    async diff(of, lines) {
      const planning = await deps.planning(NO_LOCAL);
      const draft = 'sql' in of ? draftOf(of.sql) : parseRuleJson(of.text, of.rule);
      const { inputs } = planning.parse(withAnswers(draft, 'standard'));
      const last = new Map([...deps.lastRows()].filter((r) => inputs.includes(r.stream)).map((r) => [r.stream, r]));
      const rows = lines === undefined ? [...last.values()] : rowsOf(lines, inputs);
      const definitions = new Map(deps.sources().map((s) => [s.name, s]));
      return sqlDiff((compatibility) => planning.compile(planning.parse(withAnswers(draft, compatibility))), rows, {
        timeZone: typeof draft.options?.['timeZone'] === 'string' ? draft.options['timeZone'] : deps.timeZone(),
        find: (name) => definitions.get(name),
      });
    },
  };
}

const NO_LOCAL: ReadonlyMap<string, SourceDefinition> = new Map();

const withAnswers = (draft: RuleDraft, sqlCompatibility: SqlCompatibility): RuleDraft => {
  const others = Object.entries(draft.options ?? {}).filter(([name]) => name.toLowerCase() !== 'sqlcompatibility');
  return { ...draft, temp: true, options: { ...Object.fromEntries(others), sqlCompatibility } };
};

/** A rule that only has a statement. */
function draftOf(sql: string, sqlCompatibility?: SqlCompatibility): RuleDraft {
  return {
    id: OWN_RULE,
    name: '',
    version: '',
    triggered: false,
    // streams that are not stored may be read
    temp: true,
    tags: undefined,
    sql,
    graph: undefined,
    actions: [],
    options: sqlCompatibility === undefined ? {} : { sqlCompatibility },
    text: '',
    notes: [],
  };
}
