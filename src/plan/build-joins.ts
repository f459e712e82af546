// Joins: scan tables beside the stream, streams and scan tables in one join node, lookup tables each in a node of their own.
import type { BoundJoin, BoundSelect } from './bind/select.ts';
import type { BoundExpr } from './bound.ts';
import { conjunctsOf } from './classify.ts';
import type { DataSourceNode, LogicalNode } from './logical/index.ts';
import { ekuiperText } from './text.ts';

/** @param tables nodes of the scan tables
 *  @throws GatewayError PLAN_JOIN_WITHOUT_WINDOW, PLAN_LOOKUP_JOIN */
export function buildJoins(b: BoundSelect, below: LogicalNode[], tables: DataSourceNode[]): LogicalNode[] {
  if (b.joins.length === 0) return below;
  const { from, joins } = lookupFirst(b);
  const isLookup = (j: BoundJoin): boolean => b.sources[j.source]!.info.lookup === true;
  const lookups = joins.filter(isLookup);
  const others = joins.filter((j) => !isLookup(j));
  if (lookups.length === 0 && tables.length === 0 && !b.window)
    throw b.scope.fail(
      'PLAN_JOIN_WITHOUT_WINDOW',
      'a time window or count window is required to join multiple streams',
      b.joins[0]!.on?.span ?? { start: 0, end: 0 },
      'add a window to GROUP BY, e.g. GROUP BY TUMBLINGWINDOW(ss, 10)',
    );
  let children = below;
  if (others.length > 0) {
    if (tables.length > 0)
      children = [
        {
          type: 'join-align',
          tables: tables.map((t) => t.input),
          emitters: tables.map((t) => t.source),
          children: [...children, ...tables],
        },
      ];
    children = [{ type: 'join', from, joins: others, children }];
  }
  for (const join of lookups) children = [...lookupNodes(b, join, children)];
  return children;
}

/** `FROM lookup_table INNER JOIN stream` asks the table for the rows of the stream, as if written the other way round. */
function lookupFirst(b: BoundSelect): { from: number; joins: readonly BoundJoin[] } {
  const first = b.joins[0]!;
  if (!b.sources[0]!.info.lookup || b.sources[first.source]!.info.lookup) return { from: 0, joins: b.joins };
  if (first.type !== 'inner' && first.type !== 'right')
    throw b.scope.fail(
      'PLAN_LOOKUP_JOIN',
      `lookup table ${b.sources[0]!.info.name} cannot be the preserved side of a join`,
      first.on?.span ?? { start: 0, end: 0 },
      'put the stream into FROM and the lookup table into LEFT JOIN',
    );
  return { from: first.source, joins: [{ type: first.type === 'inner' ? 'inner' : 'left', source: 0, on: first.on }, ...b.joins.slice(1)] };
}

function lookupNodes(b: BoundSelect, join: BoundJoin, children: readonly LogicalNode[]): LogicalNode[] {
  const keys: string[] = [];
  const values: BoundExpr[] = [];
  const rest: BoundExpr[] = [];
  for (const c of join.on ? conjunctsOf(join.on) : []) {
    const pair = keyPair(c, join.source);
    if (pair && !keys.includes(pair.key)) {
      keys.push(pair.key);
      values.push(pair.value);
    } else rest.push(c);
  }
  if (keys.length === 0) {
    const names = b.sources.map((s) => s.info.name);
    throw b.scope.fail(
      'PLAN_LOOKUP_JOIN',
      `join condition ${join.on ? ekuiperText(join.on, names) : '%!s(<nil>)'} is invalid, at least one equi-join predicate is required`,
      join.on?.span ?? { start: 0, end: 0 },
      `write ON ${b.sources[join.source]!.emitter}.key = expression`,
    );
  }
  const lookup: LogicalNode = {
    type: 'lookup',
    join,
    table: b.sources[join.source]!.info.name,
    input: join.source,
    keys,
    values,
    columns: [],
    all: true,
    children,
  };
  if (rest.length === 0) return [lookup];
  const condition = rest.reduce((left, right) => ({ kind: 'binary', op: 'AND', left, right, span: right.span }));
  return [{ type: 'filter', condition, children: [lookup] }];
}

/** `table.column = expression` or the other way round, where the expression does not read the table. */
function keyPair(e: BoundExpr, table: number): { key: string; value: BoundExpr } | undefined {
  if (e.kind !== 'binary' || e.op !== '=') return undefined;
  for (const [column, value] of [
    [e.left, e.right],
    [e.right, e.left],
  ] as const)
    if (column.kind === 'column' && column.input === table && !(value.kind === 'column' && value.input === table))
      return { key: column.name, value };
  return undefined;
}
