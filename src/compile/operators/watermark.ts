// Event time.
import { createWatermark } from '../../exec/watermark.ts';
import type { WatermarkNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { keptMeta, keptSlots } from './kept.ts';

export function makeWatermark(n: WatermarkNode, input: MakerInput): OperatorMaker {
  const { ctx, sources, plan } = input;
  const spec = {
    streams: sources.filter((s) => s.kind === 'stream').map((s) => ctx.frame.present(s.input)),
    lateToleranceMs: plan.options.lateToleranceMs ?? 1000,
    futureToleranceMs: ctx.standard ? (plan.options.futureToleranceMs ?? 0) : 0,
    idleTimeoutMs: plan.options.idleTimeoutMs ?? 0,
    ...(n.first && { first: n.first.map((i) => ctx.frame.present(i)!) }),
    keep: keptSlots(input),
    keepMeta: keptMeta(input),
  };
  return (host, stats, next) => createWatermark(spec, host, stats, next);
}
