// Aggregates that WHERE needs: computed over the whole collection before it is filtered.
import type { BoundCall } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface AggFuncNode extends NodeBase {
  readonly type: 'agg-func';
  readonly calls: readonly BoundCall[];
}

export const aggFuncInfo = (n: AggFuncNode, names: InputNames): string =>
  `aggFuncs:[${n.calls.map((c, i) => `$$agg_ref_${i}:${ekuiperText(c, names)}`).join(', ')}]`;
