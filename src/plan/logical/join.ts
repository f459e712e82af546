// Joins of streams and scan tables, left to right.
import type { BoundJoin } from '../bind/select.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface JoinNode extends NodeBase {
  readonly type: 'join';
  /** Input of FROM. */
  readonly from: number;
  readonly joins: readonly BoundJoin[];
}

export const joinTypeName = {
  inner: 'INNER_JOIN',
  left: 'LEFT_JOIN',
  right: 'RIGHT_JOIN',
  full: 'FULL_JOIN',
  cross: 'CROSS_JOIN',
} as const;

export const joinInfo = (n: JoinNode, names: InputNames): string =>
  `Joins:[ ${n.joins.map((j) => `{ joinType:${joinTypeName[j.type]}, ${j.on ? ekuiperText(j.on, names) : ''} }`).join(', ')} ]`;
