// WHERE, or a part of it that moved down.
import type { BoundExpr } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface FilterNode extends NodeBase {
  readonly type: 'filter';
  readonly condition: BoundExpr;
  /** It is QUALIFY: it stays behind the functions that it looks at. */
  readonly qualify?: true;
  /** Set for a part of WHERE that runs below a join, on rows of this input only; errors are left to the filter above. */
  readonly early?: number;
}

export const filterInfo = (n: FilterNode, names: InputNames): string => `Condition:{ ${ekuiperText(n.condition, names)} }`;
