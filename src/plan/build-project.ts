// The select list as a project node: wildcards, plain columns, expressions, aliases.
import type { BoundSelect } from './bind/select.ts';
import type { LogicalNode, ProjectColumn, ProjectNode, ProjectWildcard } from './logical/index.ts';

export function buildProject(b: BoundSelect, children: readonly LogicalNode[], tableFunction: boolean): ProjectNode {
  const columns: ProjectColumn[] = [];
  let wildcard: ProjectWildcard | undefined;
  for (const f of b.fields) {
    const e = f.expr;
    if (e.kind === 'wildcard' && !f.alias) {
      wildcard = merge(wildcard, e.input === undefined ? undefined : [e.input], e.except);
      for (const r of e.replace) columns.push({ name: r.name, expr: r.expr, kind: 'alias', invisible: false });
    } else if (f.alias) {
      columns.push({
        name: f.name,
        // read through the alias, so that a value that was kept is used
        expr: { kind: 'alias', alias: f.alias, span: e.span },
        kind: 'alias',
        alias: f.alias,
        invisible: f.invisible,
      });
    } else if (!f.invisible) {
      const plain = e.kind === 'column' || e.kind === 'any-column';
      const spread = f.spread === true || (e.kind === 'call' && e.def.kind === 'analytic' && e.def.columns === true);
      columns.push({ name: f.name, expr: e, kind: spread ? 'spread' : plain ? 'column' : 'expression', invisible: false });
    }
  }
  const { options } = b.scope;
  return {
    type: 'project',
    columns,
    wildcard,
    limit: tableFunction ? undefined : b.limit,
    ...(b.distinct && { distinct: true }),
    sendNilField: options.sendNilField === true,
    sendMeta: options.sendMetaToSink === true,
    children,
  };
}

function merge(before: ProjectWildcard | undefined, inputs: readonly number[] | undefined, except: readonly string[]): ProjectWildcard {
  if (!before) return { inputs, except };
  if (!before.inputs || !inputs) return { inputs: undefined, except: [...before.except, ...except] };
  return { inputs: [...new Set([...before.inputs, ...inputs])], except: [...before.except, ...except] };
}
