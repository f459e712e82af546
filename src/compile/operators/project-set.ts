// The set-returning function of the select list.
import { sinkEmitter } from '../../exec/project.ts';
import { createProjectSet } from '../../exec/project-set.ts';
import type { ProjectSetNode } from '../../plan/logical/index.ts';
import type { ChainInput, OperatorMaker } from '../chain.ts';

export function makeProjectSet(n: ProjectSetNode, { nodes }: ChainInput): OperatorMaker {
  const project = nodes.find((x) => x.type === 'project');
  const spec = {
    column: n.column,
    functionName: n.functionName,
    aliases: new Set(project?.columns.filter((c) => c.kind === 'alias').map((c) => c.name)),
    limit: n.limit,
  };
  return (host, stats) => createProjectSet(spec, host, stats, sinkEmitter(host));
}
