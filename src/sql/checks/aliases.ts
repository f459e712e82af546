// Names of select fields: what an alias stands for, no two fields of one name, no aliases that need each other.
import type { ColumnExpr, Expr, SelectStatement } from '../ast.ts';
import { sqlError } from '../diagnostics.ts';
import { walk } from '../walk.ts';
import { type FunctionNames, outputName } from './functions.ts';

/** The alias that a column may mean, or undefined: `x`, and the `x` of `x.y` when x is no source (then it is a struct). */
export function aliasNameOf(column: ColumnExpr, sources: ReadonlySet<string>): string {
  return column.stream === undefined || sources.has(column.stream) ? column.name : column.stream;
}

/** Names by which the sources of the statement can be called. */
export function sourceNames(s: SelectStatement): Set<string> {
  return new Set(
    [s.from, ...s.joins.map((join) => join.source)].flatMap((source) =>
      source.alias === undefined ? [source.name] : [source.name, source.alias],
    ),
  );
}

/** @throws GatewayError SQL_DUPLICATE_FIELD */
export function checkDuplicateNames(s: SelectStatement, sql: string, functions: FunctionNames): void {
  const aliases = new Set<string>();
  for (const field of s.fields) {
    if (field.alias === undefined) continue;
    if (aliases.has(field.alias))
      throw sqlError('SQL_DUPLICATE_FIELD', `duplicate alias ${field.alias}`, sql, field.aliasSpan ?? field.span);
    aliases.add(field.alias);
  }
  const names = new Set<string>();
  for (const field of s.fields) {
    const name = outputName(field, functions);
    if (name === '*' || field.invisible) continue;
    if (names.has(name))
      throw sqlError(
        'SQL_DUPLICATE_FIELD',
        `duplicate field definition ${name}`,
        sql,
        field.aliasSpan ?? field.span,
        'rename one of them with AS',
      );
    names.add(name);
  }
}

/** An alias that needs itself through others. Inside its own expression its name means the column, which is no cycle.
 *  As in eKuiper, `stream.name` counts as the alias `name` here.
 *  @throws GatewayError SQL_ALIAS_CYCLE */
export function checkAliasCycle(s: SelectStatement, sql: string): void {
  const sources = sourceNames(s);
  const aliases = new Map<string, Expr>();
  for (const field of s.fields) if (field.alias !== undefined) aliases.set(field.alias, field.expr);
  const needs = new Map<string, Set<string>>();
  for (const [alias, expr] of aliases) needs.set(alias, aliasesIn(alias, expr, aliases, sources));

  for (const field of s.fields) {
    if (field.alias === undefined) continue;
    const path = pathTo(field.alias, field.alias, needs, new Set());
    if (path === undefined) continue;
    throw sqlError('SQL_ALIAS_CYCLE', 'select fields have cycled alias', sql, field.span, [field.alias, ...path].join(' needs '));
  }
}

function aliasesIn(own: string, expr: Expr, aliases: ReadonlyMap<string, Expr>, sources: ReadonlySet<string>): Set<string> {
  const found = new Set<string>();
  walk(expr, (e) => {
    if (e.kind !== 'column') return;
    const name = aliasNameOf(e, sources);
    if (name !== own && aliases.has(name)) found.add(name);
  });
  return found;
}

/** The names from `from` to `target`, both ends of the last step included; undefined when there is no way. Each name is visited once. */
function pathTo(from: string, target: string, needs: ReadonlyMap<string, ReadonlySet<string>>, seen: Set<string>): string[] | undefined {
  const pending: { name: string; path: string[] }[] = [{ name: from, path: [] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const name of needs.get(next.name) ?? []) {
      const path = [...next.path, name];
      if (name === target) return path;
      if (seen.has(name)) continue;
      seen.add(name);
      pending.push({ name, path });
    }
  }
  return undefined;
}
