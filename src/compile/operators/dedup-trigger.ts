// dedup_trigger().
import { createDedupTrigger, type TriggerField } from '../../exec/dedup-trigger.ts';
import type { BoundExpr } from '../../plan/bound.ts';
import type { DedupTriggerNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';
import { keptMeta, keptSlots } from './kept.ts';

export function makeDedupTrigger(n: DedupTriggerNode, input: MakerInput): OperatorMaker {
  const { ctx } = input;
  const field = (e: BoundExpr): TriggerField => ({ name: 'name' in e ? e.name : '', value: compileExpr(e, ctx) });
  const [start, end, now, expire] = n.call.args;
  const spec = {
    start: field(start!),
    end: field(end!),
    now: field(now!),
    expireMs: expire?.kind === 'literal' ? Number(expire.value) : 0,
    slot: ctx.frame.slot(n.call.slot!),
    keep: keptSlots(input),
    keepMeta: keptMeta(input),
  };
  ctx.filled.add(n.call.slot!.id);
  return (host, stats, next) => createDedupTrigger(spec, host, stats, next);
}
