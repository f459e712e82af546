// Going through bound expressions: children, search, and rewriting from the leaves up. Used by binding, rules and compile.
import type { AliasDefinition, BoundExpr } from './bound.ts';

/** Direct children in evaluation order. The expression of an alias is not a child: aliases are walked by their definitions. */
export function childrenOf(e: BoundExpr): readonly BoundExpr[] {
  switch (e.kind) {
    case 'literal':
    case 'column':
    case 'any-column':
    case 'alias':
    case 'meta':
    case 'local':
      return [];
    case 'wildcard':
      return e.replace.map((r) => r.expr);
    case 'call':
      return [
        ...e.args,
        ...(e.filter ? [e.filter] : []),
        ...(e.over ? [...e.over.partitionBy, ...e.over.orderBy.map((s) => s.expr), ...(e.over.when ? [e.over.when] : [])] : []),
      ];
    case 'binary':
      return [e.left, e.right];
    case 'between':
      return [e.value, e.low, e.high];
    case 'in':
      return [e.value, ...(e.list ?? []), ...(e.set ? [e.set] : [])];
    case 'like':
      return [e.value, e.pattern];
    case 'case':
      return [...(e.value ? [e.value] : []), ...e.whens.flatMap((w) => [w.when, w.result]), ...(e.otherwise ? [e.otherwise] : [])];
    case 'member':
      return [e.object];
    case 'index':
      return [e.object, e.index];
    case 'slice':
      return [e.object, ...(e.from ? [e.from] : []), ...(e.to ? [e.to] : [])];
    case 'lambda':
      return [e.body];
    case 'shared':
      return [e.expr];
  }
}

/** Visits the node and everything below, parents first. `visit` returns false to leave out what is below.
 *  @param throughAliases also visits the expression behind alias references, each alias once */
export function walk(e: BoundExpr, visit: (e: BoundExpr) => boolean | void, throughAliases = false): void {
  const seen = new Set<AliasDefinition>();
  const go = (x: BoundExpr): void => {
    if (visit(x) === false) return;
    if (x.kind === 'alias') {
      if (throughAliases && !seen.has(x.alias)) {
        seen.add(x.alias);
        go(x.alias.expr);
      }
      return;
    }
    for (const child of childrenOf(x)) go(child);
  };
  go(e);
}

/** True when `test` holds for the node or anything below it, also behind aliases. */
export function some(e: BoundExpr, test: (e: BoundExpr) => boolean): boolean {
  let found = false;
  walk(
    e,
    (n) => {
      if (!found && test(n)) found = true;
      return !found;
    },
    true,
  );
  return found;
}

/** Rewrites from the leaves up. `change` gets a node whose children are already rewritten; it returns the node itself to keep it. */
export function rewrite(e: BoundExpr, change: (e: BoundExpr) => BoundExpr): BoundExpr {
  const go = (x: BoundExpr): BoundExpr => rewrite(x, change);
  const maybe = (x: BoundExpr | undefined): BoundExpr | undefined => (x === undefined ? undefined : go(x));
  switch (e.kind) {
    case 'literal':
    case 'column':
    case 'any-column':
    case 'alias':
    case 'meta':
    case 'local':
      return change(e);
    case 'wildcard':
      return change(e.replace.length === 0 ? e : { ...e, replace: e.replace.map((r) => ({ ...r, expr: go(r.expr) })) });
    case 'call':
      return change({
        ...e,
        args: e.args.map(go),
        filter: maybe(e.filter),
        over: e.over && {
          partitionBy: e.over.partitionBy.map(go),
          orderBy: e.over.orderBy.map((s) => ({ ...s, expr: go(s.expr) })),
          when: maybe(e.over.when),
        },
      });
    case 'binary':
      return change({ ...e, left: go(e.left), right: go(e.right) });
    case 'between':
      return change({ ...e, value: go(e.value), low: go(e.low), high: go(e.high) });
    case 'in':
      return change({ ...e, value: go(e.value), list: e.list?.map(go), set: maybe(e.set) });
    case 'like':
      return change({ ...e, value: go(e.value), pattern: go(e.pattern) });
    case 'case':
      return change({
        ...e,
        value: maybe(e.value),
        whens: e.whens.map((w) => ({ when: go(w.when), result: go(w.result) })),
        otherwise: maybe(e.otherwise),
      });
    case 'member':
      return change({ ...e, object: go(e.object) });
    case 'index':
      return change({ ...e, object: go(e.object), index: go(e.index) });
    case 'slice':
      return change({ ...e, object: go(e.object), from: maybe(e.from), to: maybe(e.to) });
    case 'lambda':
      return change({ ...e, body: go(e.body) });
    case 'shared':
      return change({ ...e, expr: go(e.expr) });
  }
}
