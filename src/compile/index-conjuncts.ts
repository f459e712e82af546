// Conditions by which the shared source may pass rules over: equalities and ranges between a plain column and a literal, IN with literals, BETWEEN and
// LIKE with a literal beginning, that stand at the beginning of WHERE. Only the leading ones, since what stands before could have failed.
import type { IndexConjunct } from '../exec/operator.ts';
import type { BoundExpr } from '../plan/bound.ts';
import { conjunctsOf } from '../plan/classify.ts';
import type { DataSourceNode, LogicalNode } from '../plan/logical/index.ts';
import { exactNumber } from './column-comparison.ts';

const flipped = { '=': '=', '<': '>', '<=': '>=', '>': '<', '>=': '<=' } as const;
type Op = keyof typeof flipped;

/** @returns [] when the rule must see every row */
export function indexOf(nodes: readonly LogicalNode[], sources: readonly DataSourceNode[]): IndexConjunct[] {
  const first = nodes[0];
  if (sources.length !== 1 || first?.type !== 'filter') return [];
  const found: IndexConjunct[] = [];
  for (const c of conjunctsOf(first.condition)) {
    const conjuncts = toConjuncts(c);
    if (!conjuncts) break;
    found.push(...conjuncts);
  }
  return found;
}

function toConjuncts(e: BoundExpr): readonly IndexConjunct[] | undefined {
  switch (e.kind) {
    case 'binary': {
      if (!(e.op in flipped)) return undefined;
      const op = e.op as Op;
      if (e.left.kind === 'column' && e.right.kind === 'literal') return make(e.left.name, op, e.right.value);
      if (e.right.kind === 'column' && e.left.kind === 'literal') return make(e.right.name, flipped[op], e.left.value);
      return undefined;
    }
    case 'in':
      return e.not || e.value.kind !== 'column' || !e.list ? undefined : oneOf(e.value.name, e.list);
    case 'between': {
      if (e.not || e.value.kind !== 'column') return undefined;
      const { name } = e.value;
      const [low, high] = [exactNumber(e.low), exactNumber(e.high)];
      if (low === undefined || high === undefined) return undefined;
      return [
        { input: 0, column: name, op: '>=', value: low },
        { input: 0, column: name, op: '<=', value: high },
      ];
    }
    case 'like': {
      if (e.not || e.value.kind !== 'column' || e.pattern.kind !== 'literal' || typeof e.pattern.value !== 'string') return undefined;
      // up to the first sign that may stand for something else
      const prefix = /^[^%_\\]*/.exec(e.pattern.value)![0];
      return prefix === '' ? undefined : [{ input: 0, column: e.value.name, op: 'prefix', value: prefix }];
    }
    default:
      return undefined;
  }
}

function oneOf(column: string, list: readonly BoundExpr[]): readonly IndexConjunct[] | undefined {
  const texts = list.map((x) => (x.kind === 'literal' && typeof x.value === 'string' ? x.value : undefined));
  if (texts.every((x) => x !== undefined)) return [{ input: 0, column, op: 'in', values: texts }];
  const numbers = list.map(exactNumber);
  return numbers.every((x) => x !== undefined) ? [{ input: 0, column, op: 'in', values: numbers }] : undefined;
}

function make(column: string, op: Op, value: unknown): readonly IndexConjunct[] | undefined {
  if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'bigint' && typeof value !== 'boolean') return undefined;
  return [{ input: 0, column, op, value }];
}
