// Set-returning function of the select list: one output row per element.
import type { NodeBase } from './node.ts';

export interface ProjectSetNode extends NodeBase {
  readonly type: 'project-set';
  /** Output column that holds the list. */
  readonly column: string;
  readonly functionName: string;
  readonly limit?: number;
}

export const projectSetInfo = (n: ProjectSetNode): string => `SrfMap:{key:${n.column}}, EnableLimit:${n.limit !== undefined}`;
