// A statement as the nodes of a graph rule, and one way through a graph as a statement, so that people may change between the two. What the other form
// cannot say is refused with the reason; nothing is left out silently. Called by index.ts; the graph itself is rules/graph.
import { GatewayError } from '../../base/errors/gateway-error.ts';
import {
  type Expr,
  type Join,
  parseSelect,
  printExpr,
  printName,
  printStatement,
  type SelectField,
  type SelectStatement,
} from '../../sql/index.ts';
import { type GraphNode, parseGraph } from '../rules/graph/graph-json.ts';
import { selectOfGraph } from '../rules/graph/graph-select.ts';
import { sourceOfNode } from '../rules/graph/graph-source.ts';

type Action = Readonly<Record<string, unknown>>;

export interface GraphJson {
  nodes: Record<string, { type: 'source' | 'operator' | 'sink'; nodeType: string; props: Record<string, unknown> }>;
  topo: { sources: string[]; edges: Record<string, string[]> };
}

/** What is known of a source of the statement. */
export interface GraphInput {
  readonly type: string;
  readonly isTable: boolean;
}

const refuse = (text: string) => new GatewayError('SERVICE_REFUSED', { text });
const noNodes = (what: string) => refuse(`${what} cannot be said with nodes; keep the statement as SQL`);

/** @throws GatewayError SQL_* for a text that cannot be read, SERVICE_REFUSED when nodes cannot say it */
export function graphOfSql(sql: string, actions: readonly Action[], find: (name: string) => GraphInput | undefined): GraphJson {
  // all that may be written; what is beyond nodes is named below
  const select = parseSelect(sql, 'standard');
  const beyond = beyondNodes(select);
  if (beyond !== undefined) throw noNodes(beyond);
  const graph: GraphJson = { nodes: {}, topo: { sources: [], edges: {} } };
  const free = (name: string): string => {
    if (!(name in graph.nodes)) return name;
    let n = 2;
    while (`${name}_${n}` in graph.nodes) n++;
    return `${name}_${n}`;
  };
  const put = (name: string, node: GraphJson['nodes'][string]): string => {
    const own = free(name);
    graph.nodes[own] = node;
    return own;
  };
  const isTable = (name: string) => find(name)?.isTable === true;
  for (const { name, alias } of [select.from, ...select.joins.map((j) => j.source)]) {
    const node = alias ?? name;
    if (node in graph.nodes) throw noNodes(`Reading ${name} twice under one name`);
    const props = { sourceType: isTable(name) ? 'table' : 'stream', sourceName: name };
    graph.topo.sources.push(put(node, { type: 'source', nodeType: find(name)?.type ?? 'mqtt', props }));
  }
  let ends = [...graph.topo.sources];
  const then = (nodeType: string, props: Record<string, unknown>): void => {
    const own = put(nodeType, { type: 'operator', nodeType, props });
    for (const end of ends) graph.topo.edges[end] = [own];
    ends = [own];
  };
  if (select.where && select.joins.length === 0) then('filter', { expr: printExpr(select.where) });
  if (select.window) {
    // tables are joined to what the window collects
    const tables = ends.filter((name) => graph.nodes[name]!.props['sourceType'] === 'table');
    ends = ends.filter((name) => !tables.includes(name));
    then('window', windowProps(select));
    ends.push(...tables);
  }
  if (select.joins.length > 0) {
    then('join', { from: graph.topo.sources[0], joins: select.joins.map(joinProps) });
    if (select.where) then('filter', { expr: printExpr(select.where) });
  }
  if (select.groupBy.length > 0) then('groupby', { dimensions: select.groupBy.map((e) => printExpr(e)) });
  const computed = new Set<SelectField>();
  if (select.having) {
    if (select.groupBy.length === 0) {
      for (const f of select.fields) if (f.alias !== undefined && f.expr.kind !== 'column') computed.add(f);
      if (computed.size === 0) throw noNodes('HAVING without GROUP BY and without a named column that is computed');
      for (const f of computed) then('aggfunc', { expr: fieldText(f) });
    }
    then('filter', { expr: printExpr(select.having) });
  }
  if (select.orderBy.length > 0)
    then('orderby', { sorts: select.orderBy.map((s) => ({ field: printExpr(s.expr), ...(s.descending ? { desc: true } : {}) })) });
  if (!isPlainStar(select.fields)) {
    const fields = select.fields.map((f) => (computed.has(f) ? printName(f.alias!) : fieldText(f)));
    then('pick', { fields, ...(select.window ? { isAgg: true } : {}) });
  }
  const sinks = actions.flatMap((action) =>
    Object.entries(action).map(([nodeType, props]) => put(nodeType, { type: 'sink', nodeType, props: isObject(props) ? props : {} })),
  );
  for (const end of ends) graph.topo.edges[end] = sinks;
  if (select.joins.length > 0) checkSame(select, graph);
  return graph;
}

/** @throws GatewayError RULE_GRAPH for a graph that does not fit together, SERVICE_REFUSED when no one statement says it */
export function sqlOfGraph(graph: Readonly<Record<string, unknown>>): { sql: string; actions: Action[] } {
  const parsed = parseGraph('graph', graph);
  const lines = parsed.lines();
  if (lines.length !== 1)
    throw refuse(`The graph has ${lines.length} ways to its sinks, and a statement has one; keep it as nodes, or make a rule of each way`);
  const nameOf = (node: GraphNode): string => {
    const source = sourceOfNode('graph', node);
    if ('definition' in source)
      throw refuse(`Source ${node.name} is defined in the graph itself; make a stream of it first, and name it in the node (sourceName)`);
    return source.reference;
  };
  const line = lines[0]!;
  const order = line.operators.map(({ node }) => LETTERS[node.nodeType] ?? '?').join('');
  if (!ORDERS.test(order))
    throw refuse(
      `The nodes ${line.operators.map(({ node }) => node.name).join(', ')} work in this order, and a statement has another: WHERE, window, join, GROUP BY, HAVING, ORDER BY, columns; keep it as nodes`,
    );
  return { sql: selectOfGraph('graph', line, nameOf), actions: parsed.sinks.map((s) => ({ [s.nodeType]: s.props })) };
}

const LETTERS: Readonly<Record<string, string>> = {
  watermark: '',
  filter: 'F',
  switch: 'F',
  function: 'U',
  window: 'W',
  join: 'J',
  groupby: 'G',
  aggfunc: 'A',
  orderby: 'O',
  pick: 'P',
};

/** Orders in which nodes one by one and one statement give the same rows. */
const ORDERS = /^(J?F*U*P?|F*W((G|A)[AUF]*)?O?P?|WJ(F*U*P?|G[AUF]*O?P?))$/;

function beyondNodes(select: SelectStatement): string | undefined {
  const refs = [select.from, ...select.joins.map((j) => j.source)];
  if (select.with) return 'WITH';
  if (select.union) return 'UNION ALL';
  if (select.distinct) return 'DISTINCT';
  if (select.unnests && select.unnests.length > 0) return 'UNNEST';
  if (select.qualify) return 'QUALIFY';
  if (select.limit) return 'LIMIT';
  if (refs.some((r) => r.query)) return 'A SELECT within FROM';
  if (select.joins.some((j) => j.asOf)) return 'ASOF JOIN';
  if (select.fields.some((f) => f.invisible)) return 'INVISIBLE';
  if (select.ignoredWindows.length > 0) return 'A second window';
  if (!select.window) {
    if (select.groupBy.length > 0) return 'GROUP BY without a window';
    if (select.having) return 'HAVING without a window';
    if (select.orderBy.length > 0) return 'ORDER BY without a window';
  }
  return undefined;
}

function windowProps({ window }: SelectStatement): Record<string, unknown> {
  const { type, unit, args, filter, when, partitionBy } = window!;
  if (filter) throw noNodes('FILTER of a window');
  if (when) throw noNodes('OVER (WHEN …) of a window');
  if (partitionBy.length > 0) throw noNodes('PARTITION BY of a window');
  if (type === 'state') throw noNodes('A state window');
  const [size, interval] = args.map(wholeNumber);
  return {
    type: `${type}window`,
    ...(unit ? { unit } : {}),
    size,
    ...(interval === undefined ? {} : { interval }),
  };
}

function wholeNumber(arg: Expr): number {
  if (arg.kind !== 'int') throw noNodes(`The length ${printExpr(arg)} of a window`);
  return Number(arg.value);
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const joinProps = ({ type, source, on }: Join) => ({ name: source.alias ?? source.name, type, ...(on ? { on: printExpr(on) } : {}) });

const fieldText = (f: SelectField): string => `${printExpr(f.expr)}${f.alias === undefined ? '' : ` AS ${printName(f.alias)}`}`;

function isPlainStar(fields: readonly SelectField[]): boolean {
  const [only] = fields;
  if (fields.length !== 1 || only!.expr.kind !== 'wildcard') return false;
  return only!.expr.stream === undefined && only!.expr.except.length === 0 && only!.expr.replace.length === 0;
}

/** A graph with a join is run as a statement: it must be the same one. */
function checkSame(select: SelectStatement, graph: GraphJson): void {
  const bare = (text: string) => text.replace(/[()\s]/g, '').toLowerCase();
  const wanted = bare(printStatement(select));
  for (const line of parseGraph('graph', { ...graph }).lines()) {
    const made = selectOfGraph('graph', line, (node) => String(node.props['sourceName']));
    if (bare(printStatement(parseSelect(made))) !== wanted) throw noNodes('This join');
  }
}
