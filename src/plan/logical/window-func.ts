// row_number() and its kind: numbers the rows of a collection.
import type { BoundCall } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface WindowFuncNode extends NodeBase {
  readonly type: 'window-func';
  readonly call: BoundCall;
}

export const windowFuncInfo = (n: WindowFuncNode, names: InputNames): string =>
  `windowFuncField:{name:${n.call.slot?.label ?? n.call.name}, expr:${ekuiperText(n.call, names)}}`;
