// ASOF JOIN: each row with the newest row of another stream that has its keys.
import type { BoundAsOf } from '../bind/as-of.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface AsOfNode extends NodeBase {
  readonly type: 'as-of';
  readonly join: BoundAsOf;
}

export function asOfInfo({ join }: AsOfNode, names: InputNames): string {
  const keys = join.leftKeys.map((k, i) => `${ekuiperText(k, names)} = ${ekuiperText(join.rightKeys[i]!, names)}`).join(', ');
  return `joinType:${join.outer ? 'ASOF_LEFT_JOIN' : 'ASOF_JOIN'}, stream:${names[join.source]}, keys:{ ${keys} }${join.rest ? `, ${ekuiperText(join.rest, names)}` : ''}`;
}
