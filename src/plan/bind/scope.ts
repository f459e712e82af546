// What names mean in one statement: its inputs, its aliases, its functions. Made once per rule by bind/select.ts and handed to all
// other binders.
import type { ErrorCode } from '../../base/errors/catalogue/index.ts';
import type { GatewayError } from '../../base/errors/gateway-error.ts';
import type { FieldDef } from '../../contract/schema.ts';
import type { Span } from '../../sql/ast.ts';
import { sqlError } from '../../sql/diagnostics.ts';
import type { AliasDefinition, PlanSlot } from '../bound.ts';
import type { PlanCatalog, PlanOptions, SourceInfo } from '../catalog.ts';

/** A stream or table of FROM and JOIN, in written order. */
export interface BoundSource {
  readonly index: number;
  /** Name in the query: the alias or the name of the source. */
  readonly emitter: string;
  readonly info: SourceInfo;
}

export interface Scope {
  readonly sources: readonly BoundSource[];
  /** True when at least one source declares no fields: unknown names are then no error. */
  readonly schemaless: boolean;
  readonly aliases: ReadonlyMap<string, AliasDefinition>;
  readonly catalog: PlanCatalog;
  readonly options: PlanOptions;
  /** Alias whose own expression is bound: there its name means the column. */
  readonly inAlias?: string;
  newSlot(label: string): PlanSlot;
  newCallId(): number;
  fail(code: ErrorCode, text: string, span: Span, hint?: string): GatewayError;
}

/** @param counters shared by all scopes of one statement */
export function createScope(
  sources: readonly BoundSource[],
  aliases: ReadonlyMap<string, AliasDefinition>,
  catalog: PlanCatalog,
  options: PlanOptions,
): Scope {
  let slots = 0;
  let calls = 0;
  const sql = options.sql ?? '';
  return {
    sources,
    schemaless: sources.some((s) => s.info.schema === undefined),
    aliases,
    catalog,
    options,
    newSlot: (label) => ({ id: slots++, label: `${label}_${slots}` }),
    newCallId: () => calls++,
    fail: (code, text, span, hint) => sqlError(code, text, sql, span, hint),
  };
}

/** The declared field of that name, in any case with ignoreCase. */
export function fieldOf(source: BoundSource, name: string, ignoreCase: boolean | undefined): FieldDef | undefined {
  const exact = source.info.schema?.find((f) => f.name === name);
  if (exact || !ignoreCase) return exact;
  const lower = name.toLowerCase();
  return source.info.schema?.find((f) => f.name.toLowerCase() === lower);
}
