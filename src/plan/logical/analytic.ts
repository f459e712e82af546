// Analytic functions (lag, latest, …): computed for every row before WHERE; for calls over aggregates after the aggregation.
import type { BoundCall } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface AnalyticNode extends NodeBase {
  readonly type: 'analytic';
  /** Inner calls first. */
  readonly calls: readonly BoundCall[];
}

export const analyticInfo = (n: AnalyticNode, names: InputNames): string =>
  `FieldFuncs:[ ${n.calls.map((c) => ekuiperText(c, names)).join(', ')} ]`;
