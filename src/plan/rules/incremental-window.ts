// A window whose rows are only aggregated need not keep them: rows are folded as they come. Answers are the same, since the same folds
// serve both; memory does not grow with the number of rows.
import { hasAnalytic, isPure } from '../classify.ts';
import type { AggregateNode, LogicalNode } from '../logical/index.ts';
import { mapNodes } from '../node-expressions.ts';
import type { RewriteRule } from './rule.ts';

export const incrementalWindow: RewriteRule = {
  name: 'incrementalWindow',
  doc: 'fold rows into windows as they come',
  apply(plan) {
    if (plan.options.incrementalWindow === 'off' || plan.options.windowVersion === 'v2' || plan.options.sendSlidingWindowTwice) return plan;
    let changed = false;
    const root = mapNodes(plan.root, (n): LogicalNode => {
      const window = n.type === 'aggregate' ? n.children[0] : undefined;
      if (n.type !== 'aggregate' || window?.type !== 'window' || !folds(n)) return n;
      const { type, lengths } = window.window;
      const supported =
        type === 'tumbling' ||
        type === 'hopping' ||
        (type === 'sliding' && lengths[1] === undefined) ||
        (type === 'count' && lengths[1] === undefined);
      if (!supported) return n;
      changed = true;
      return { type: 'inc-window', window: window.window, dims: n.dims, calls: n.calls, children: window.children };
    });
    return changed ? { ...plan, root } : plan;
  },
};

/** Sliding windows need folds that can be joined; all need aggregates to fold at all. */
function folds(n: AggregateNode): boolean {
  const window = n.children[0];
  const sliding = window?.type === 'window' && (window.window.type === 'sliding' || window.window.type === 'hopping');
  return (
    n.calls.length > 0 &&
    n.calls.every((c) => c.def.kind === 'aggregate' && c.def.outside === undefined && (!sliding || c.def.merge !== undefined)) &&
    [...n.dims, ...n.calls.flatMap((c) => [...c.args, ...(c.filter ? [c.filter] : [])])].every((e) => isPure(e) || hasAnalytic(e))
  );
}
