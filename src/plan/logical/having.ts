// HAVING: keeps groups; over a collection that is not grouped it keeps or drops the whole collection.
import type { BoundCall, BoundExpr } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface HavingNode extends NodeBase {
  readonly type: 'having';
  readonly condition: BoundExpr;
  /** Aggregates to compute here: set when the rows below are not grouped. */
  readonly calls: readonly BoundCall[];
  readonly grouped: boolean;
}

export const havingInfo = (n: HavingNode, names: InputNames): string => `Condition:{ ${ekuiperText(n.condition, names)} }`;
