// Help for those who write SQL: lint, format, completion, hover. One implementation for REST (the console), the language server and the command
// line, which may also have no gateway at hand. Loaded on use. Next: catalog.ts, lint.ts, complete.ts, hover.ts.
import type { SqlCompatibility } from '../../base/sql-compatibility.ts';
import type { FunctionCatalogue } from '../../contract/function.ts';
import type { Row } from '../../data/value.ts';
import { formatSql } from '../../sql/format/index.ts';
import type { LoadPlanning } from '../rules/planning.ts';
import type { SourceDefinition } from '../streams/definition.ts';
import { type EditorCatalog, makeCatalog } from './catalog.ts';
import { SeenColumns } from './columns.ts';
import { type Completion, complete } from './complete.ts';
import { type Hover, hover } from './hover.ts';
import { type Diagnostic, type LintKind, lint } from './lint.ts';

export type { EditorCatalog, FunctionInfo, SourceEntry } from './catalog.ts';
export type { Column } from './columns.ts';
export { type Completion, type CompletionItem, complete } from './complete.ts';
export { type Hover, hover } from './hover.ts';
export type { Diagnostic, LintKind } from './lint.ts';

export interface Editor {
  catalog(): Promise<EditorCatalog>;
  lint(sql: string, kind?: LintKind, compatibility?: SqlCompatibility): Promise<Diagnostic[]>;
  /** @throws GatewayError SQL_* with the place of what cannot be read */
  format(sql: string): string;
  /** @param offset of the cursor, UTF-16 units */
  complete(sql: string, offset: number): Promise<Completion>;
  hover(sql: string, offset: number): Promise<Hover | undefined>;
}

export interface EditorDeps {
  functions(): Promise<FunctionCatalogue>;
  sources(): readonly SourceDefinition[];
  /** Last rows of the sources of running rules. */
  lastRows(): Iterable<{ stream: string; row: Row }>;
  columnsRead(stream: string): readonly string[];
  planning: LoadPlanning;
  checkSource?(definition: SourceDefinition): Promise<readonly string[]>;
  formats(): readonly string[];
  sourceTypes(): readonly string[];
}

/** Id of the rule that statements are checked as; no user's rule has it. */
const LINT_RULE = '$$lint';

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
      const planning = await deps.planning();
      const { sources } = await catalog();
      return lint(sql, kind, compatibility, {
        sources,
        formats: deps.formats(),
        ...(deps.checkSource ? { checkSource: deps.checkSource } : {}),
        checkSelect(text, given) {
          const rule = planning.parse({
            id: LINT_RULE,
            name: '',
            version: '',
            triggered: false,
            temp: true,
            tags: undefined,
            sql: text,
            graph: undefined,
            actions: [],
            options: given === undefined ? {} : { sqlCompatibility: given },
            text: '',
            notes: [],
          });
          planning.check(rule);
        },
      });
    },
  };
}
