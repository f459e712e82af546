// Where in the chain rows must become private to the rule, and where slots of values that are computed on demand must be emptied.
import type { BoundExpr, PlanSlot } from '../plan/bound.ts';
import type { LogicalNode } from '../plan/logical/index.ts';
import { expressionsOf } from '../plan/node-expressions.ts';
import { walk } from '../plan/walk.ts';
import type { Frame } from './frame.ts';
import { writesRow } from './writes-row.ts';

export interface Privacy {
  /** Index of the node before which rows are copied; -1 = never. */
  readonly isolateAt: number;
  /** Index of the node before which slots are emptied, when an aggregation has made the rows private already; -1 = never. */
  readonly resetAt: number;
  readonly resetSlots: readonly number[];
}

export function privacyOf(nodes: readonly LogicalNode[], frame: Frame): Privacy {
  const never = { isolateAt: -1, resetAt: -1, resetSlots: [] };
  if (frame.joined) {
    // a row that a join lets pass unmatched may have been through an earlier window: what it kept then is no longer right
    const kept = keptSlots(nodes);
    const lastJoin = nodes.findLastIndex((n) => n.type === 'join' || n.type === 'lookup');
    return kept.length === 0 ? never : { isolateAt: -1, resetAt: lastJoin + 1, resetSlots: kept.map((s) => frame.slot(s)) };
  }
  const writer = nodes.findIndex(writesRow);
  if (writer < 0) return never;
  const made = nodes.findIndex((n) => n.type === 'aggregate' || n.type === 'inc-window' || n.type === 'agg-func');
  if (made < 0 || writer <= made) return { ...never, isolateAt: writer };
  return { isolateAt: -1, resetAt: writer, resetSlots: keptSlots(nodes).map((s) => frame.slot(s)) };
}

function keptSlots(nodes: readonly LogicalNode[]): PlanSlot[] {
  const found = new Map<number, PlanSlot>();
  const visit = (e: BoundExpr): void => {
    if (e.kind === 'shared') found.set(e.slot.id, e.slot);
    if (e.kind === 'alias' && e.alias.cache) found.set(e.alias.cache.id, e.alias.cache);
  };
  for (const n of nodes) for (const e of expressionsOf(n)) walk(e, visit, true);
  return [...found.values()];
}
