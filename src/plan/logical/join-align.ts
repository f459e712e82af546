// Scan tables take their place beside the rows of a stream or window: each is joined with the current content of the table.
import type { NodeBase } from './node.ts';

export interface JoinAlignNode extends NodeBase {
  readonly type: 'join-align';
  /** Inputs of scan tables. */
  readonly tables: readonly number[];
  readonly emitters: readonly string[];
}

export const joinAlignInfo = (n: JoinAlignNode): string => `Emitters:[ ${n.emitters.join(', ')} ]`;
