// Visiting a syntax tree: the direct children of a node, in written order, and a walk over all of them that uses no recursion.
import type { Expr, SelectField, SelectStatement, SortItem, Statement } from './ast.ts';

const none: readonly Expr[] = [];

/** Direct sub-expressions, in written order. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'int':
    case 'float':
    case 'string':
    case 'bool':
    case 'timeUnit':
    case 'column':
    case 'metaRef':
      return none;
    case 'wildcard':
      return expr.replace.length === 0 ? none : expr.replace.map(fieldExpr);
    case 'binary':
      return [expr.left, expr.right];
    case 'between':
      return [expr.value, expr.low, expr.high];
    case 'in':
      return present([expr.value], expr.list, [expr.set]);
    case 'like':
      return [expr.value, expr.pattern];
    case 'is':
      return [expr.value];
    case 'not':
    case 'negate':
      return [expr.operand];
    case 'interval':
      return none;
    case 'lambda':
      return [expr.body];
    case 'array':
      return expr.items;
    case 'case':
      return present(
        [expr.value],
        expr.whens.flatMap((w) => [w.when, w.result]),
        [expr.otherwise],
      );
    case 'member':
      return present([expr.object, expr.computed]);
    case 'index':
      return [expr.object, expr.index];
    case 'slice':
      return present([expr.object, expr.from, expr.to]);
    case 'call':
      return expr.over === undefined && expr.filter === undefined
        ? expr.args
        : present(expr.args, [expr.filter], expr.over?.partitionBy, expr.over?.orderBy.map(sortExpr), [expr.over?.when]);
    case 'window':
      return present(expr.args, [expr.filter, expr.when], expr.partitionBy);
  }
}

/** Joins lists, leaving out what is absent. Lists may have tens of thousands of members, so they are never spread into arguments. */
function present(...lists: readonly (readonly (Expr | undefined)[] | undefined)[]): Expr[] {
  const found: Expr[] = [];
  for (const list of lists) if (list !== undefined) for (const expr of list) if (expr !== undefined) found.push(expr);
  return found;
}

const sortExpr = (item: SortItem): Expr => item.expr;
const fieldExpr = (field: SelectField): Expr => field.expr;

/** The expressions that stand directly in a statement, clause by clause; [] for statements without any. */
export function rootsOf(statement: Statement): readonly Expr[] {
  return statement.kind === 'select' ? selectRoots(statement) : none;
}

/** The SELECT and those in its WITH, UNION ALL and FROM, at any depth, each before those that read it. */
export function selectsOf(s: SelectStatement): SelectStatement[] {
  const inner = [
    ...(s.with ?? []).map((step) => step.query),
    ...[s.from, ...s.joins.map((j) => j.source)].flatMap((source) => (source.query ? [source.query] : [])),
  ];
  return [...inner.flatMap(selectsOf), s, ...(s.union ?? []).flatMap(selectsOf)];
}

function selectRoots(s: SelectStatement): readonly Expr[] {
  return present(
    s.fields.map(fieldExpr),
    s.joins.map((join) => join.on),
    s.unnests?.map((u) => u.list),
    [s.where],
    s.groupBy,
    [s.window],
    s.ignoredWindows,
    [s.having],
    [s.qualify],
    s.orderBy.map(sortExpr),
  );
}

/** Calls `visit` for each node, parents before children, siblings in written order. Return false to leave the children out. */
export function walk(root: Expr, visit: (expr: Expr, depth: number) => boolean | void): void {
  const pending: Expr[] = [root];
  const depths: number[] = [1];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    const depth = depths.pop()!;
    if (visit(expr, depth) === false) continue;
    const children = childrenOf(expr);
    for (let i = children.length - 1; i >= 0; i--) {
      pending.push(children[i]!);
      depths.push(depth + 1);
    }
  }
}

/** The first node (parents first) that fulfils `wanted`. */
export function find(root: Expr, wanted: (expr: Expr) => boolean): Expr | undefined {
  const pending: Expr[] = [root];
  for (let expr = pending.pop(); expr !== undefined; expr = pending.pop()) {
    if (wanted(expr)) return expr;
    const children = childrenOf(expr);
    for (let i = children.length - 1; i >= 0; i--) pending.push(children[i]!);
  }
  return undefined;
}
