// Moves conditions on one side below a join: rows that cannot pass are not joined and no lookup is made for them. A moved
// condition drops a row only where it is plainly false, and none moves past one that may fail on another side, so that nulls and errors
// are still seen by WHERE above. (WHERE before windows that the clock closes is not an optimisation but the language, see ../build.ts.)
import type { BoundExpr } from '../bound.ts';
import { conjunctsOf, inputsOf, isPure } from '../classify.ts';
import type { FilterNode, JoinNode, LogicalNode, LookupNode } from '../logical/index.ts';
import { mapNodes } from '../node-expressions.ts';
import { some } from '../walk.ts';
import type { RewriteRule } from './rule.ts';

export const predicatePushDown: RewriteRule = {
  name: 'predicatePushDown',
  doc: 'filter one side before a join',
  apply(plan) {
    let changed = false;
    const root = mapNodes(plan.root, (n) => {
      if (n.type !== 'filter' || n.early !== undefined || n.qualify) return n;
      const below = joinsBelow(n);
      const last = below.at(-1);
      if (!last) return n;
      const early = earlyFilters(n, below, last);
      if (early.length === 0) return n;
      changed = true;
      return replaceBelow(n, last, early);
    });
    return changed ? { ...plan, root } : plan;
  },
};

type AnyJoin = JoinNode | LookupNode;

/** The joins directly below WHERE, upper first. */
function joinsBelow(filter: FilterNode): AnyJoin[] {
  const found: AnyJoin[] = [];
  for (let n = filter.children[0]; n; n = n.children[0]) {
    if (n.type === 'join' || n.type === 'lookup') found.push(n);
    else if (n.type !== 'filter') break;
  }
  return found;
}

/** Conditions to evaluate below the lowest join, by input. */
function earlyFilters(filter: FilterNode, joins: readonly AnyJoin[], lowest: AnyJoin): { input: number; condition: BoundExpr }[] {
  const all = joins.flatMap((j) => (j.type === 'join' ? j.joins : [j.join]));
  const onlyInner = all.every((j) => j.type === 'inner' || j.type === 'cross');
  const keepsFrom = all.every((j) => j.type !== 'right' && j.type !== 'full');
  const tables = new Set(joins.flatMap((j) => (j.type === 'lookup' ? [j.input] : [])));
  const scanned = new Set(lowest.type === 'join' && lowest.children[0]?.type === 'join-align' ? lowest.children[0].tables : []);
  const from = lowest.type === 'join' ? lowest.from : undefined;
  const found = new Map<number, BoundExpr>();
  /** The input whose conditions so far may fail; a later condition on another input would hide the failure. */
  let failing: number | undefined;
  for (const condition of conjunctsOf(filter.condition)) {
    const inputs = inputsOf(condition);
    const input = inputs?.size === 1 ? [...inputs][0]! : undefined;
    const movable =
      input !== undefined &&
      isPure(condition) &&
      !some(condition, (e) => e.kind === 'alias' && e.alias.cache !== undefined) &&
      !tables.has(input) &&
      !scanned.has(input) &&
      (onlyInner || (keepsFrom && (from === undefined || input === from))) &&
      (failing === undefined || failing === input);
    if (movable) {
      const before = found.get(input);
      found.set(input, before ? { kind: 'binary', op: 'AND', left: before, right: condition, span: condition.span } : condition);
    }
    if (cannotFail(condition)) continue;
    if (!movable) break;
    failing = input;
  }
  return [...found].map(([input, condition]) => ({ input, condition }));
}

/** A declared column compared with a literal of its kind: the decoder has seen to the type. */
function cannotFail(e: BoundExpr): boolean {
  if (e.kind !== 'binary' || e.left.kind !== 'column' || e.right.kind !== 'literal') return false;
  if (!['=', '!=', '<', '<=', '>', '>='].includes(e.op)) return false;
  const literal = e.right.value;
  if (typeof literal === 'number' || typeof literal === 'bigint') return e.left.type === 'bigint' || e.left.type === 'float';
  return typeof literal === 'string' && e.left.type === 'string';
}

function replaceBelow(n: LogicalNode, join: AnyJoin, early: readonly { input: number; condition: BoundExpr }[]): LogicalNode {
  if (n !== join) return { ...n, children: n.children.map((c, i) => (i === 0 ? replaceBelow(c, join, early) : c)) } as LogicalNode;
  const [first, ...rest] = n.children;
  // scan tables take their place above; the rows of the stream are filtered before
  if (first!.type === 'join-align') {
    const [stream, ...tables] = first!.children;
    return { ...n, children: [{ ...first!, children: [wrap(stream!, early), ...tables] }, ...rest] } as LogicalNode;
  }
  // several streams without a node in common (no window) do not occur: joins of streams need a window
  return { ...n, children: [wrap(first!, early), ...rest] } as LogicalNode;
}

const wrap = (below: LogicalNode, early: readonly { input: number; condition: BoundExpr }[]): LogicalNode =>
  early.reduce<LogicalNode>((child, e) => ({ type: 'filter', condition: e.condition, early: e.input, children: [child] }), below);
