// ORDER BY.
import type { BoundSort } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface OrderNode extends NodeBase {
  readonly type: 'order';
  readonly items: readonly BoundSort[];
}

export const orderInfo = (n: OrderNode, names: InputNames): string =>
  `SortFields:[ ${n.items.map((s) => `sortField:{ ${ekuiperText(s.expr, names)}, ascending:${!s.descending} }`).join(', ')} ]`;
