// What all nodes of a plan have. A node is plain data; rewriting makes new nodes. `children` are what it reads from.
import type { LogicalNode } from './index.ts';

export interface NodeBase {
  readonly children: readonly LogicalNode[];
}

/** Names of the inputs' sources, for texts of columns. */
export type InputNames = readonly string[];
