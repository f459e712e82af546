// The expressions that stand in a node, and a node with them rewritten. Lets rules treat all nodes alike.
import type { BoundCall, BoundExpr } from './bound.ts';
import type { LogicalNode } from './logical/index.ts';

/** In order of evaluation. */
export function expressionsOf(n: LogicalNode): readonly BoundExpr[] {
  switch (n.type) {
    case 'data-source':
    case 'watermark':
    case 'join-align':
    case 'project-set':
      return [];
    case 'analytic':
    case 'timers':
    case 'agg-func':
      return n.calls;
    case 'window':
      return windowExprs(n.window);
    case 'inc-window':
      return [...windowExprs(n.window), ...n.dims, ...n.calls];
    case 'join':
      return n.joins.flatMap((j) => (j.on ? [j.on] : []));
    case 'lookup':
      return n.values;
    case 'unnest':
      return [n.unnest.list];
    case 'as-of':
      return [...n.join.leftKeys, ...n.join.rightKeys, ...(n.join.rest ? [n.join.rest] : [])];
    case 'filter':
      return [n.condition];
    case 'aggregate':
      return [...n.dims, ...n.calls];
    case 'having':
      return [...n.calls, n.condition];
    case 'window-func':
    case 'dedup-trigger':
      return [n.call];
    case 'order':
      return n.items.map((s) => s.expr);
    case 'project':
      return n.columns.map((c) => c.expr);
  }
}

type Window = (LogicalNode & { type: 'window' })['window'];

const windowExprs = (w: Window): BoundExpr[] => [
  ...w.conditions,
  ...(w.filter ? [w.filter] : []),
  ...(w.when ? [w.when] : []),
  ...w.partitionBy,
];

/** @param change must give a call for a call where the node holds calls */
export function mapExpressions(n: LogicalNode, change: (e: BoundExpr) => BoundExpr): LogicalNode {
  const maybe = (e: BoundExpr | undefined): BoundExpr | undefined => (e ? change(e) : undefined);
  const calls = (list: readonly BoundCall[]): BoundCall[] => list.map((c) => change(c) as BoundCall);
  const window = (w: Window): Window => ({
    ...w,
    conditions: w.conditions.map(change),
    filter: maybe(w.filter),
    when: maybe(w.when),
    partitionBy: w.partitionBy.map(change),
  });
  switch (n.type) {
    case 'data-source':
    case 'watermark':
    case 'join-align':
    case 'project-set':
      return n;
    case 'analytic':
    case 'timers':
    case 'agg-func':
      return { ...n, calls: calls(n.calls) };
    case 'window':
      return { ...n, window: window(n.window) };
    case 'inc-window':
      return { ...n, window: window(n.window), dims: n.dims.map(change), calls: calls(n.calls) };
    case 'join':
      return { ...n, joins: n.joins.map((j) => ({ ...j, on: maybe(j.on) })) };
    case 'lookup':
      return { ...n, values: n.values.map(change) };
    case 'as-of':
      return {
        ...n,
        join: {
          ...n.join,
          leftKeys: n.join.leftKeys.map(change),
          rightKeys: n.join.rightKeys.map(change),
          ...(n.join.rest && { rest: change(n.join.rest) }),
        },
      };
    case 'unnest':
      return { ...n, unnest: { ...n.unnest, list: change(n.unnest.list) } };
    case 'filter':
      return { ...n, condition: change(n.condition) };
    case 'aggregate':
      return { ...n, dims: n.dims.map(change), calls: calls(n.calls) };
    case 'having':
      return { ...n, calls: calls(n.calls), condition: change(n.condition) };
    case 'window-func':
    case 'dedup-trigger':
      return { ...n, call: change(n.call) as BoundCall };
    case 'order':
      return { ...n, items: n.items.map((s) => ({ ...s, expr: change(s.expr) })) };
    case 'project':
      return { ...n, columns: n.columns.map((c) => ({ ...c, expr: change(c.expr) })) };
  }
}

/** The tree with every node rewritten, leaves first. */
export function mapNodes(n: LogicalNode, change: (n: LogicalNode) => LogicalNode): LogicalNode {
  return change({ ...n, children: n.children.map((c) => mapNodes(c, change)) } as LogicalNode);
}
