// UNNEST in FROM.
import { createUnnest } from '../../exec/unnest.ts';
import type { UnnestNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { compileExpr } from '../expression.ts';

export function makeUnnest({ unnest }: UnnestNode, { ctx }: MakerInput): OperatorMaker {
  const { frame } = ctx;
  const spec = {
    list: compileExpr(unnest.list, ctx),
    outer: unnest.outer,
    slot: frame.slot(unnest.element.slot),
    ordinal: unnest.ordinal && frame.slot(unnest.ordinal.slot),
    get width() {
      return frame.width;
    },
  };
  return (host, stats, next) => createUnnest(spec, host, stats, next);
}
