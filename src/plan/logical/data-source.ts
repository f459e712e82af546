// Leaf: one stream or scan table, with the columns that the rule reads of it.
import type { NodeBase } from './node.ts';

export interface DataSourceNode extends NodeBase {
  readonly type: 'data-source';
  readonly input: number;
  readonly source: string;
  readonly kind: 'stream' | 'scan-table';
  /** Sorted. Empty and `all` false until columns are collected. */
  readonly columns: readonly string[];
  /** The whole object is needed (`*`). */
  readonly all: boolean;
  /** Columns of which only these members are read. */
  readonly members: Readonly<Record<string, readonly string[]>>;
  /** Names of declared fields; undefined = schemaless. */
  readonly declared?: readonly string[];
}

export function dataSourceInfo(n: DataSourceNode): string {
  const fields = n.columns.length ? `, Fields:[ ${n.columns.join(', ')} ]` : '';
  const declared = n.declared?.length ? `, StreamFields:[ ${[...n.declared].sort().join(', ')} ]` : '';
  return `StreamName: ${n.source}${fields}${declared}${n.all ? ' wildcard:true' : ''}`;
}
