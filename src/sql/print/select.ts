// A SELECT statement back to text, on one line.
import type { SelectStatement, SourceRef } from '../ast.ts';
import { printExpr, printSortItem } from './expr.ts';
import { printField } from './field.ts';
import { printName } from './names.ts';

export function printSelect(s: SelectStatement): string {
  const steps = s.with?.map((step) => `${printName(step.name)} AS (${printSelect(step.query)})`) ?? [];
  const all = [s, ...(s.union ?? [])].map(printOne).join(' UNION ALL ');
  return steps.length === 0 ? all : `WITH ${steps.join(', ')} ${all}`;
}

function printOne(s: SelectStatement): string {
  const dimensions = [...s.groupBy, ...(s.window === undefined ? [] : [s.window]), ...s.ignoredWindows];
  return [
    `SELECT ${s.distinct === true ? 'DISTINCT ' : ''}${s.fields.map(printField).join(', ')}`,
    `FROM ${printSource(s.from)}`,
    ...s.joins.map(
      (join) =>
        `${join.asOf ? (join.type === 'left' ? 'ASOF LEFT' : 'ASOF') : join.type.toUpperCase()} JOIN ${printSource(join.source)}${join.on === undefined ? '' : ` ON ${printExpr(join.on)}`}`,
    ),
    ...(s.unnests ?? []).map(
      (u) =>
        `${u.outer ? 'LEFT' : 'CROSS'} JOIN UNNEST(${printExpr(u.list)}) AS ${printName(u.name)}${u.ordinal === undefined ? '' : `(${printName(u.name)}, ${printName(u.ordinal)})`}`,
    ),
    ...(s.where === undefined ? [] : [`WHERE ${printExpr(s.where)}`]),
    // A window in parentheses is a plain item (and useless); it keeps them, or it would become the window.
    ...(dimensions.length === 0
      ? []
      : [
          `GROUP BY ${dimensions.map((d) => (s.groupBy.includes(d) && d.kind === 'window' ? `(${printExpr(d)})` : printExpr(d))).join(', ')}`,
        ]),
    ...(s.having === undefined ? [] : [`HAVING ${printExpr(s.having)}`]),
    ...(s.qualify === undefined ? [] : [`QUALIFY ${printExpr(s.qualify)}`]),
    ...(s.orderBy.length === 0 ? [] : [`ORDER BY ${s.orderBy.map(printSortItem).join(', ')}`]),
    ...(s.limit === undefined ? [] : [`LIMIT ${s.limit.count}`]),
  ].join(' ');
}

function printSource(source: SourceRef): string {
  if (source.query) return `(${printSelect(source.query)}) AS ${printName(source.name)}`;
  return printName(source.name) + (source.alias === undefined ? '' : ` AS ${printName(source.alias)}`);
}
