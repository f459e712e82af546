// Join with a lookup table: asks the table for the rows of each key.

import type { BoundJoin } from '../bind/select.ts';
import type { BoundExpr } from '../bound.ts';
import { ekuiperText } from '../text.ts';
import { joinTypeName } from './join.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface LookupNode extends NodeBase {
  readonly type: 'lookup';
  readonly join: BoundJoin;
  /** Source of the table. */
  readonly table: string;
  readonly input: number;
  /** Columns of the table and, in the same order, the expressions they must equal. */
  readonly keys: readonly string[];
  readonly values: readonly BoundExpr[];
  /** Columns to ask for; `all` true: every column. */
  readonly columns: readonly string[];
  readonly all: boolean;
}

export const lookupInfo = (n: LookupNode, names: InputNames): string =>
  `Join:{ joinType:${joinTypeName[n.join.type]}${n.join.on ? `, expr:${ekuiperText(n.join.on, names)}` : ''} }`;
