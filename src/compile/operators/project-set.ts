// The set-returning function of the select list.
import { sinkEmitter } from '../../exec/project.ts';
import { createProjectSet } from '../../exec/project-set.ts';
import type { ProjectSetNode } from '../../plan/logical/index.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';

export function makeProjectSet(n: ProjectSetNode, { nodes }: MakerInput): OperatorMaker {
  const project = nodes.find((x) => x.type === 'project');
  const spec = {
    column: n.column,
    functionName: n.functionName,
    aliases: new Set(project?.columns.filter((c) => c.kind === 'alias').map((c) => c.name)),
    limit: n.limit,
    overAll: nodes.some((x) => (x.type === 'aggregate' || x.type === 'inc-window') && x.dims.length === 0),
  };
  return (host, stats) => createProjectSet(spec, host, stats, sinkEmitter(host));
}
