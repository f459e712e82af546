// Conditions by which the shared source may pass rules over: equalities and ranges between a plain column and a literal that stand at
// the beginning of WHERE. Only the leading ones, since what stands before could have failed.
import type { IndexConjunct } from '../exec/operator.ts';
import type { BoundExpr } from '../plan/bound.ts';
import { conjunctsOf } from '../plan/classify.ts';
import type { DataSourceNode, LogicalNode } from '../plan/logical/index.ts';

const flipped = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
type Op = keyof typeof flipped;

/** @returns [] when the rule must see every row */
export function indexOf(nodes: readonly LogicalNode[], sources: readonly DataSourceNode[]): IndexConjunct[] {
  const first = nodes[0];
  if (sources.length !== 1 || first?.type !== 'filter') return [];
  const found: IndexConjunct[] = [];
  for (const c of conjunctsOf(first.condition)) {
    const conjunct = toConjunct(c);
    if (!conjunct) break;
    found.push(conjunct);
  }
  return found;
}

function toConjunct(e: BoundExpr): IndexConjunct | undefined {
  if (e.kind !== 'binary' || !(e.op in flipped)) return undefined;
  const op = e.op as Op;
  if (e.left.kind === 'column' && e.right.kind === 'literal') return make(e.left.name, op, e.right.value);
  if (e.right.kind === 'column' && e.left.kind === 'literal') return make(e.right.name, flipped[op], e.left.value);
  return undefined;
}

function make(column: string, op: Op, value: unknown): IndexConjunct | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') return undefined;
  return { input: 0, column, op, value };
}
