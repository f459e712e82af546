// Operators that put values into rows, and so need rows of their own.
import type { BoundExpr } from '../plan/bound.ts';
import { isHitCall } from '../plan/classify.ts';
import type { LogicalNode } from '../plan/logical/index.ts';
import { expressionsOf } from '../plan/node-expressions.ts';
import { some } from '../plan/walk.ts';

export function writesRow(n: LogicalNode): boolean {
  if (n.type === 'analytic' || n.type === 'timers' || n.type === 'unnest' || n.type === 'window-func' || n.type === 'dedup-trigger')
    return true;
  if ((n.type === 'filter' || n.type === 'having') && some(n.condition, isHitCall)) return true;
  if (n.type === 'window' || n.type === 'inc-window')
    if ([n.window.filter, n.window.when, ...n.window.conditions].some((e) => e && some(e, isHitCall))) return true;
  return expressionsOf(n).some((e) => some(e, keepsValue));
}

const keepsValue = (e: BoundExpr): boolean => e.kind === 'shared' || (e.kind === 'alias' && e.alias.cache !== undefined);
