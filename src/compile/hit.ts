// Functions that count what passes (last_hit_count, last_agg_hit_time, …) and changed_cols: evaluated where they stand, updated only
// when the row passes. In WHERE and HAVING they look first; the operator runs the update afterwards and later operators read the slot.
import { inFunction } from '../base/budget.ts';
import type { Expr } from '../contract/function.ts';
import { groupKeyText } from '../data/compare.ts';
import { addToGroupKey } from '../data/group-key.ts';
import type { Tuple } from '../data/tuple.ts';
import type { Value } from '../data/value.ts';
import type { BoundCall } from '../plan/bound.ts';
import { argsOf, siteOf, stateKey } from './call.ts';
import type { CompileContext } from './context.ts';
import { compileExpr } from './expression.ts';
import { createHitKeys } from './hit-keys.ts';

export function compileHit(e: BoundCall, ctx: CompileContext): Expr {
  const evaluate = compileEvaluation(e, ctx);
  const { touch } = ctx.states;
  const update = (t: Tuple): Value => {
    touch();
    return evaluate(t, true);
  };
  const once = ctx.outside ? ctx.outside.once(update) : update;
  if (ctx.hits === 'update') return once;
  const slot = ctx.frame.slot(e.slot!);
  ctx.onPass.push((t) => void once(t));
  ctx.filled.add(e.slot!.id);
  return (t) => {
    const v = evaluate(t, false);
    t.cols[slot] = v ?? null;
    return v;
  };
}

function compileEvaluation(e: BoundCall, ctx: CompileContext): (t: Tuple, update: boolean) => Value {
  const site = siteOf(e, ctx);
  const { def } = e;
  const key = stateKey(e, ctx);
  if (def.kind === 'aggregate') {
    const box = ctx.states.box(key, () => def.init(site));
    const hit = def.hit!;
    return (t, update) => hit(box as { state: any }, update, t.win?.endMs ?? t.tsMs);
  }
  if (def.kind !== 'analytic') throw new Error(`${e.name} counts no hits`);
  const args = argsOf(e, ctx);
  const when = e.over?.when && compileExpr(e.over.when, ctx);
  const partition = e.over?.partitionBy.map((p) => compileExpr(p, ctx)) ?? [];
  const next = (box: { state: unknown }, t: Tuple, update: boolean): Value => {
    const values = args.map((a) => a(t));
    const valid = update && (!when || when(t) === true);
    try {
      return def.next(box, values, valid, site, t.tsMs);
    } catch (error) {
      throw inFunction(error, e.name);
    }
  };
  if (partition.length === 0) {
    const box = ctx.states.box(key, () => def.init(site));
    return (t, update) => next(box, t, update);
  }
  const keyOf = ctx.standard
    ? (t: Tuple) => partition.reduce((group, p) => addToGroupKey(group, p(t)), '')
    : (t: Tuple) => groupKeyText(partition.map((p) => p(t)));
  const boxes = createHitKeys(key, () => def.init(site), ctx);
  return (t, update) => {
    const group = keyOf(t);
    // a key is kept from the first row that passes
    if (!update) return next(boxes.look(group), t, false);
    return next(boxes.take(group, t.tsMs), t, true);
  };
}
