// Groups the rows of a collection and computes aggregates: one row per group, or one row in all without dimensions.
import type { BoundCall, BoundExpr } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface AggregateNode extends NodeBase {
  readonly type: 'aggregate';
  readonly dims: readonly BoundExpr[];
  readonly calls: readonly BoundCall[];
}

export const aggregateInfo = (n: AggregateNode, names: InputNames): string =>
  n.dims.length ? `Dimension:{ ${n.dims.map((d) => ekuiperText(d, names)).join(', ')} }` : '';
