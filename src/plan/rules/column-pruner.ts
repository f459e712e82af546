// Asks each source only for the columns that the rule reads, and for the whole object only where `*` is used.

import { usedColumns } from '../columns.ts';
import type { LogicalNode } from '../logical/index.ts';
import { mapNodes } from '../node-expressions.ts';
import type { RewriteRule } from './rule.ts';

export const columnPruner: RewriteRule = {
  name: 'columnPruner',
  doc: 'decode only the columns that are read',
  apply(plan) {
    const used = usedColumns(plan);
    const root = mapNodes(plan.root, (n): LogicalNode => {
      if (n.type === 'data-source') {
        const members = Object.fromEntries([...used.members[n.input]!].map(([name, set]) => [name, [...set].sort()]));
        return { ...n, all: used.all[n.input]!, members };
      }
      if (n.type === 'lookup') return { ...n, all: used.all[n.input]! };
      return n;
    });
    return { ...plan, root };
  },
};
