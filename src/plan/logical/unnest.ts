// UNNEST in FROM: one row for each element of a list, before anything else looks at the rows.
import type { BoundUnnest } from '../bind/unnest.ts';
import { ekuiperText } from '../text.ts';
import type { InputNames, NodeBase } from './node.ts';

export interface UnnestNode extends NodeBase {
  readonly type: 'unnest';
  readonly unnest: BoundUnnest;
}

export const unnestInfo = (n: UnnestNode, names: InputNames): string =>
  `List:{ ${ekuiperText(n.unnest.list, names)} }, name:${n.unnest.element.name}${n.unnest.outer ? ', outer:true' : ''}`;
