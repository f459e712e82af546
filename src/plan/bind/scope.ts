// What names mean in one statement: its inputs, its aliases, its functions. Made once per rule by bind/select.ts and handed to all
// other binders.
import type { ErrorCode } from '../../base/errors/catalogue/index.ts';
import type { GatewayError } from '../../base/errors/gateway-error.ts';
import type { FieldDef, StreamSchema } from '../../contract/schema.ts';
import type { Span } from '../../sql/ast.ts';
import { sqlError } from '../../sql/diagnostics.ts';
import type { AliasDefinition, LocalDefinition, PlanSlot } from '../bound.ts';
import type { PlanCatalog, PlanOptions, SourceInfo } from '../catalog.ts';

/** A stream or table of FROM and JOIN, in written order. */
export interface BoundSource {
  readonly index: number;
  /** Name in the query: the alias or the name of the source. */
  readonly emitter: string;
  readonly info: SourceInfo;
  /** Declared fields by name. */
  readonly fields: FieldIndex;
}

/** Declared fields by name, and by name in lower case; of equal ones the first. Made at the first question: streams have up to 15,000 of them. */
export class FieldIndex {
  private readonly schema: StreamSchema;
  private exact: Map<string, FieldDef> | undefined;
  private lower: Map<string, FieldDef> | undefined;

  constructor(schema: StreamSchema | undefined) {
    this.schema = schema ?? [];
  }

  named(name: string): FieldDef | undefined {
    this.exact ??= byName(this.schema, (f) => f.name);
    return this.exact.get(name);
  }

  namedLike(name: string): FieldDef | undefined {
    this.lower ??= byName(this.schema, (f) => f.name.toLowerCase());
    return this.lower.get(name.toLowerCase());
  }
}

function byName(schema: StreamSchema, nameOf: (f: FieldDef) => string): Map<string, FieldDef> {
  const index = new Map<string, FieldDef>();
  for (const f of schema) if (!index.has(nameOf(f))) index.set(nameOf(f), f);
  return index;
}

export interface Scope {
  readonly sources: readonly BoundSource[];
  /** True when at least one source declares no fields: unknown names are then no error. */
  readonly schemaless: boolean;
  readonly aliases: ReadonlyMap<string, AliasDefinition>;
  /** Parameters of the lambdas around, elements of UNNEST: they go before aliases and columns. */
  readonly locals: ReadonlyMap<string, LocalDefinition>;
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
    locals: new Map(),
    catalog,
    options,
    newSlot: (label) => ({ id: slots++, label: `${label}_${slots}` }),
    newCallId: () => calls++,
    fail: (code, text, span, hint) => sqlError(code, text, sql, span, hint),
  };
}

/** The declared field of that name, in any case with ignoreCase. */
export function fieldOf({ fields }: BoundSource, name: string, ignoreCase: boolean | undefined): FieldDef | undefined {
  const exact = fields.named(name);
  return exact || !ignoreCase ? exact : fields.namedLike(name);
}
