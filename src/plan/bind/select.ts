// A whole SELECT bound: inputs, aliases, clauses. Next: ../build.ts, which puts operators into order.
import type { Expr, Join, MemberExpr, SelectField, SelectStatement, SourceRef, Span, WindowExpr } from '../../sql/ast.ts';
import { checkSelect, checkSlices, type FunctionNames } from '../../sql/index.ts';
import { didYouMean } from '../../sql/suggest.ts';
import type { AliasDefinition, BoundExpr, BoundSort } from '../bound.ts';
import type { PlanCatalog, PlanOptions } from '../catalog.ts';
import { checkAggregates } from '../checks/aggregates.ts';
import { checkAliasCycle } from '../checks/alias-cycle.ts';
import { checkDuplicateNames } from '../checks/duplicate-names.ts';
import { type BoundAsOf, bindAsOf } from './as-of.ts';
import { isMetaName } from './call.ts';
import { bindExpression, bindSort } from './expression.ts';
import { type BoundSource, createScope, FieldIndex, type Scope } from './scope.ts';
import { type BoundUnnest, bindUnnests, localsOf } from './unnest.ts';

export interface BoundField {
  /** Name in the output. `*` for wildcards. */
  readonly name: string;
  readonly alias?: AliasDefinition;
  readonly expr: BoundExpr;
  readonly invisible: boolean;
  /** `o->*`: the members of the object become columns. */
  readonly spread?: true;
}

export interface BoundJoin {
  readonly type: Join['type'];
  readonly source: number;
  readonly on?: BoundExpr;
}

/** Arguments are checked by the parser: integers of the right number. */
export interface BoundWindow {
  readonly span: Span;
  readonly type: WindowExpr['type'];
  readonly unit?: WindowExpr['unit'];
  /** Written as a name that eKuiper does not know. */
  readonly namedUnit?: boolean;
  /** Integer arguments after the unit (time and count windows). */
  readonly lengths: readonly number[];
  /** Conditions of a state window. */
  readonly conditions: readonly BoundExpr[];
  readonly filter?: BoundExpr;
  readonly when?: BoundExpr;
  readonly partitionBy: readonly BoundExpr[];
}

export interface BoundSelect {
  readonly scope: Scope;
  readonly sources: readonly BoundSource[];
  readonly aliases: readonly AliasDefinition[];
  readonly fields: readonly BoundField[];
  /** Without those of `asOf`. */
  readonly joins: readonly BoundJoin[];
  readonly asOf: readonly BoundAsOf[];
  readonly unnests: readonly BoundUnnest[];
  readonly where?: BoundExpr;
  readonly dims: readonly BoundExpr[];
  readonly window?: BoundWindow;
  readonly having?: BoundExpr;
  /** Looks at the results of analytic and window functions. */
  readonly qualify?: BoundExpr;
  readonly distinct?: true;
  readonly orderBy: readonly BoundSort[];
  readonly limit?: number;
}

/** meta() and mqtt() are part of the language here, not of the catalogue. */
export const withMeta = (functions: PlanCatalog['functions']): FunctionNames => ({
  get: (name) => functions.get(name) ?? (isMetaName(name) ? { name: name.toLowerCase(), kind: 'scalar' } : undefined),
  names: () => [...functions.names(), 'meta', 'mqtt'],
});

/** @throws GatewayError PLAN_* */
export function bindSelect(select: SelectStatement, catalog: PlanCatalog, options: PlanOptions): BoundSelect {
  const sql = options.sql ?? '';
  checkSelect(select, sql, withMeta(catalog.functions));
  checkSlices(select, sql);
  const aliases = new Map<string, AliasDefinition>();
  const sources = bindSources([select.from, ...select.joins.map((j) => j.source)], catalog, options);
  const outer = createScope(sources, aliases, catalog, options);
  const unnests = bindUnnests(select, sources, outer);
  const scope = unnests.length === 0 ? outer : { ...outer, locals: localsOf(unnests) };
  checkDuplicateNames(select, scope);
  for (const f of select.fields)
    if (f.alias !== undefined) aliases.set(f.alias, { name: f.alias, expr: { kind: 'literal', value: null, node: 'null', span: f.span } });
  const fields = select.fields.map((f) => bindField(f, scope));
  checkAliasCycle(fields, select, scope);
  const bound: BoundSelect = {
    scope,
    sources,
    aliases: [...aliases.values()],
    fields,
    joins: select.joins.flatMap((j, i) => (j.asOf ? [] : [{ type: j.type, source: i + 1, on: j.on && bindExpression(j.on, scope) }])),
    asOf: select.joins.flatMap((j, i) => (j.asOf ? [bindAsOf(j, i + 1, scope)] : [])),
    unnests,
    where: select.where && bindExpression(select.where, scope),
    dims: select.groupBy.map((d) => bindExpression(d, scope)),
    window: select.window && bindWindow(select.window, scope),
    having: select.having && bindExpression(select.having, scope),
    ...(select.qualify && { qualify: bindExpression(select.qualify, scope) }),
    ...(select.distinct && { distinct: true }),
    orderBy: bindSort(select.orderBy, scope),
    limit: select.limit && Number(select.limit.count),
  };
  checkAggregates(bound, select);
  return bound;
}

function bindSources(refs: readonly SourceRef[], catalog: PlanCatalog, options: PlanOptions): BoundSource[] {
  const scope = createScope([], new Map(), catalog, options);
  const sources: BoundSource[] = [];
  for (const ref of refs) {
    const info = catalog.source(ref.name);
    if (!info)
      throw scope.fail(
        'PLAN_UNKNOWN_SOURCE',
        `fail to get stream ${ref.name}, please check if stream is created`,
        ref.nameSpan,
        didYouMean(ref.name, catalog.names?.() ?? []),
      );
    if (info.temp && !options.temp)
      throw scope.fail('PLAN_TEMP_SOURCE', `temp stream ${ref.name} can only be used by temp rules`, ref.nameSpan);
    const emitter = ref.alias ?? ref.name;
    if (sources.some((s) => s.emitter === emitter))
      throw scope.fail(
        'PLAN_DUPLICATE_SOURCE',
        `stream ${emitter} is used more than once`,
        ref.nameSpan,
        `give each its own name: ${ref.name} AS a`,
      );
    sources.push({ index: sources.length, emitter, info, fields: new FieldIndex(info.schema) });
  }
  return sources;
}

function bindField(f: SelectField, scope: Scope): BoundField {
  if (isSpread(f.expr) && scope.options.sqlCompatibility === 'standard') {
    if (f.alias !== undefined)
      throw scope.fail('PLAN_BAD_ARGUMENT', 'the members of an object have no common name', f.span, 'leave the alias out');
    return { name: f.name, expr: bindExpression(f.expr.object, scope), invisible: f.invisible, spread: true };
  }
  const whole = f.expr.kind === 'wildcard' && f.expr.stream !== undefined ? scope.locals.get(f.expr.stream) : undefined;
  if (whole && f.alias === undefined)
    return { name: f.name, expr: { kind: 'local', local: whole, span: f.span }, invisible: f.invisible, spread: true };
  const expr = bindExpression(f.expr, f.alias === undefined ? scope : { ...scope, inAlias: f.alias });
  if (f.alias === undefined) return { name: outputName(f, expr), expr, invisible: f.invisible };
  const alias = scope.aliases.get(f.alias)!;
  alias.expr = expr;
  return { name: f.alias, alias, expr, invisible: f.invisible };
}

/** `o->*`, `stream.o.*` */
const isSpread = (e: Expr): e is MemberExpr => e.kind === 'member' && e.computed?.kind === 'wildcard';

/** Built-in functions give their name in lower case, plugins theirs as written. */
export function outputName(f: SelectField, expr: BoundExpr): string {
  if (f.expr.kind !== 'call' || f.parens || f.name !== f.expr.name) return f.name;
  const lower = f.name.toLowerCase();
  if (expr.kind !== 'call') return lower;
  return expr.def.name === lower || expr.def.aliases?.includes(lower) ? lower : f.name;
}

function bindWindow(w: WindowExpr, scope: Scope): BoundWindow {
  const state = w.type === 'state';
  return {
    span: w.span,
    type: w.type,
    unit: w.unit,
    ...(w.namedUnit && { namedUnit: true }),
    lengths: state ? [] : w.args.map((a) => (a.kind === 'int' ? Number(a.value) : 0)),
    conditions: state ? w.args.map((a) => bindExpression(a, scope)) : [],
    filter: w.filter && bindExpression(w.filter, scope),
    when: w.when && bindExpression(w.when, scope),
    partitionBy: w.partitionBy.map((p) => bindExpression(p, scope)),
  };
}
