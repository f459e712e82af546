// Names to columns: alias, column of one input, or, in schemaless joins, the first joined row that has the field.
// Rules: docs/spec/sql.md §4.1 (aliases), §4.2 (columns); ekuiper-defects.md 18 (stream aliases work here).
import type { StaticType } from '../../data/value.ts';
import type { ColumnExpr, Span } from '../../sql/ast.ts';
import { didYouMean } from '../../sql/suggest.ts';
import type { BoundColumn, BoundExpr } from '../bound.ts';
import { type BoundSource, fieldOf, type Scope } from './scope.ts';
import { literal } from './sugar.ts';

/** @throws GatewayError PLAN_UNKNOWN_COLUMN, PLAN_AMBIGUOUS_COLUMN */
export function bindColumn(e: ColumnExpr, scope: Scope): BoundExpr {
  const local = scope.locals.get(e.stream ?? e.name);
  if (local) {
    const object: BoundExpr = { kind: 'local', local, span: e.span };
    return e.stream === undefined ? object : { kind: 'member', object, name: e.name, computed: false, span: e.span };
  }
  if (e.stream === undefined) return bindName(e.name, e, scope);
  const source = sourceNamed(e.stream, scope);
  if (source) return columnOf(source, e.name, e, scope, true);
  // not a stream: the first part is a struct, the second its member
  return {
    kind: 'member',
    object: bindName(e.stream, e, scope),
    name: e.name,
    computed: false,
    shadow: shadowOf(e.name, e.span, scope),
    span: e.span,
  };
}

/** The column that a member's name would be, in schemaless streams; in others it is not decoded for this. */
export function shadowOf(name: string, span: Span, scope: Scope): BoundExpr | undefined {
  const open = scope.sources.filter((s) => s.info.schema === undefined && !lacks(s, name));
  const first = open[0];
  if (!first) return undefined;
  if (open.length > 1) return { kind: 'any-column', name, inputs: open.map((s) => s.index), span };
  return { kind: 'column', input: first.index, name, type: 'unknown', qualified: false, span };
}

/** The source that a qualifier means: its alias, or its own name when that is not another source's alias. */
export function sourceNamed(name: string, scope: Scope): BoundSource | undefined {
  return scope.sources.find((s) => s.emitter === name) ?? scope.sources.find((s) => s.info.name === name);
}

function bindName(name: string, e: ColumnExpr, scope: Scope): BoundExpr {
  if (isNullWord(name, e, scope)) return literal(null, 'null', e.span);
  if (name !== scope.inAlias) {
    const alias = scope.aliases.get(name);
    if (alias) return { kind: 'alias', alias, span: e.span };
  }
  if (scope.sources.length === 1) return columnOf(scope.sources[0]!, name, e, scope, false);
  const declared = scope.sources.filter((s) => fieldOf(s, name, scope.options.ignoreCase));
  const open = scope.sources.filter((s) => s.info.schema === undefined && !lacks(s, name));
  if (open.length === 0) {
    if (declared.length === 0) throw unknown(name, name, e, scope);
    if (declared.length > 1)
      throw scope.fail(
        'PLAN_AMBIGUOUS_COLUMN',
        `ambiguous field ${name}`,
        e.span,
        `write ${declared.map((s) => `${s.emitter}.${name}`).join(' or ')}`,
      );
    return columnOf(declared[0]!, name, e, scope, false);
  }
  const candidates = scope.sources.filter((s) => declared.includes(s) || open.includes(s));
  if (candidates.length === 1) return columnOf(candidates[0]!, name, e, scope, false);
  return { kind: 'any-column', name, inputs: candidates.map((s) => s.index), span: e.span };
}

/** NULL is no reserved word: where some column or alias has the name, or may have it, that is meant (and an absent column is null as well). */
function isNullWord(name: string, e: ColumnExpr, scope: Scope): boolean {
  if (name.toLowerCase() !== 'null' || scope.schemaless || e.stream !== undefined || scope.options.sqlCompatibility !== 'standard')
    return false;
  return !scope.aliases.has(name) && !scope.sources.some((s) => fieldOf(s, name, scope.options.ignoreCase));
}

function columnOf(source: BoundSource, name: string, e: ColumnExpr, scope: Scope, qualified: boolean): BoundColumn {
  const field = fieldOf(source, name, scope.options.ignoreCase);
  if (lacks(source, name)) throw unknown(name, qualified ? `${e.stream}.${name}` : name, e, scope);
  // a name is only known to be wrong when all sources of the query declare their fields
  if (!field && source.info.schema && !scope.schemaless) throw unknown(name, qualified ? `${e.stream}.${name}` : name, e, scope);
  return {
    kind: 'column',
    input: source.index,
    name: field?.name ?? name,
    type: (field?.type.kind ?? 'unknown') as StaticType,
    qualified,
    span: e.span,
  };
}

/** A step of the rule has the columns that its SELECT gives out, and no others. */
const lacks = ({ info }: BoundSource, name: string): boolean => info.outputs !== undefined && !info.outputs.includes(name);

function unknown(name: string, shown: string, e: ColumnExpr, scope: Scope): Error {
  const names = [...scope.sources.flatMap((s) => s.info.schema?.map((f) => f.name) ?? s.info.outputs ?? []), ...scope.aliases.keys()];
  const hint = didYouMean(name, names) ?? (names.length > 0 && names.length <= 12 ? `the fields are ${names.join(', ')}` : undefined);
  return scope.fail('PLAN_UNKNOWN_COLUMN', `unknown field ${shown}`, e.span, hint);
}
