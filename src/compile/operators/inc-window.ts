// A window that folds rows as they come.
import { createIncrementalWindow } from '../../exec/incremental.ts';
import type { IncWindowNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { aggregateSpec } from './aggregate-spec.ts';
import { windowSpec } from './window-spec.ts';

export function makeIncWindow(n: IncWindowNode, input: MakerInput): OperatorMaker {
  const window = windowSpec(n.window, input);
  const aggregate = aggregateSpec(n.dims, n.calls, input);
  return (host, stats, next) => createIncrementalWindow(window, aggregate, host, stats, next);
}
