// The tree of a plan as the chain it is: sources at one end, operators in order of evaluation.
import type { DataSourceNode, LogicalNode, NodeType } from '../plan/logical/index.ts';

/** Operators from the sources upwards, without the sources. */
export function flatten(root: LogicalNode): LogicalNode[] {
  const out: LogicalNode[] = [];
  const visit = (n: LogicalNode): void => {
    for (const child of n.children) visit(child);
    if (n.type !== 'data-source') out.push(n);
  };
  visit(root);
  return out;
}

/** Streams and scan tables, in order of FROM and JOIN. */
export function sourcesOf(root: LogicalNode): DataSourceNode[] {
  const out: DataSourceNode[] = [];
  const visit = (n: LogicalNode): void => {
    if (n.type === 'data-source') out.push(n);
    else for (const child of n.children) visit(child);
  };
  visit(root);
  return out.sort((a, b) => a.input - b.input);
}

/** eKuiper's names of operators in status and topo. */
const kindNames: Readonly<Record<NodeType, string>> = {
  'data-source': 'source',
  unnest: 'unnest',
  'as-of': 'asof_join',
  watermark: 'watermark',
  analytic: 'analytic',
  timers: 'timers',
  window: 'window',
  'inc-window': 'inc_agg_window',
  'join-align': 'join_aligner',
  join: 'join',
  lookup: 'lookup',
  'agg-func': 'agg_func',
  filter: 'filter',
  aggregate: 'aggregate',
  having: 'having',
  'window-func': 'windowFunc',
  order: 'order',
  'dedup-trigger': 'dedup_trigger',
  project: 'project',
  'project-set': 'projectset',
};

/** `3_filter`, `4_project`, …: each source takes two numbers, for itself and its decoder. */
export const operatorNames = (nodes: readonly LogicalNode[], sources: number): string[] =>
  nodes.map((n, i) => `${Math.max(1, sources) * 2 + 1 + i}_${kindNames[n.type]}`);
