// GROUP BY window.
import { createWindow } from '../../exec/window.ts';
import type { WindowNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import { windowSpec } from './window-spec.ts';

export function makeWindow(n: WindowNode, input: MakerInput): OperatorMaker {
  const spec = windowSpec(n.window, input);
  return (host, stats, next) => createWindow(spec, host, stats, next);
}
