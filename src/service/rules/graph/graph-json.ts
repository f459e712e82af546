// The graph of a rule (docs/spec/rules.md §4) as checked nodes in the order of flow. Texts of refusals are eKuiper's.
// Next: graph-select.ts, which turns the order into a SELECT.
import { GatewayError } from '../../../base/errors/gateway-error.ts';

export interface GraphNode {
  readonly name: string;
  readonly type: 'source' | 'operator' | 'sink';
  /** `mqtt`, `filter`, … lower case for operators. */
  readonly nodeType: string;
  readonly props: Readonly<Record<string, unknown>>;
}

export interface GraphStep {
  readonly node: GraphNode;
  /** Of a switch: the cases that lead on along this line. */
  readonly cases: readonly number[];
}

/** One way through the graph: operators in the order of flow, from the sources to sinks. */
export interface GraphLine {
  readonly sources: readonly GraphNode[];
  readonly operators: readonly GraphStep[];
  /** Indexes in `Graph.sinks`. */
  readonly sinks: readonly number[];
}

export interface Graph {
  readonly nodes: ReadonlyMap<string, GraphNode>;
  readonly sources: readonly GraphNode[];
  readonly sinks: readonly GraphNode[];
  /** Targets by case: one list for most nodes, one for each case of a `switch`. */
  readonly edges: ReadonlyMap<string, readonly (readonly string[])[]>;
  /** Lines that differ; sinks at the end of the same line are together. @throws GatewayError RULE_GRAPH when ways do not meet in one operator */
  lines(): readonly GraphLine[];
}

export const OPERATORS = [
  'watermark',
  'function',
  'aggfunc',
  'filter',
  'pick',
  'window',
  'join',
  'groupby',
  'orderby',
  'switch',
  'script',
] as const;

export function graphError(rule: string, problem: string): GatewayError {
  return new GatewayError('RULE_GRAPH', { rule, problem });
}

/** @throws GatewayError RULE_GRAPH naming the node */
export function parseGraph(rule: string, graph: Readonly<Record<string, unknown>>): Graph {
  const refuse = (problem: string) => graphError(rule, problem);
  const nodes = readNodes(rule, graph['nodes']);
  const topo = objectOf(graph['topo'], () => refuse('graph.topo: expected {sources, edges}'));
  const sourceNames = Array.isArray(topo['sources']) ? topo['sources'].map(String) : [];
  const cases = readEdges(rule, topo['edges']);
  const edges = new Map([...cases].map(([from, to]) => [from, [...new Set(to.flat())]]));
  for (const name of sourceNames) {
    const node = nodes.get(name);
    if (!node) throw refuse(`source node ${name} not defined`);
    if (node.type !== 'source') throw refuse(`source ${name} is not a source type node`);
    if (!edges.has(name)) throw refuse(`no edge defined for source node ${name}`);
  }
  if (sourceNames.length === 0) throw refuse('graph.topo.sources: expected at least one source');
  const inputs = new Map<string, number>();
  for (const [from, targets] of edges) {
    const node = nodes.get(from);
    if (!node) throw refuse(`node ${from} is not defined`);
    if (node.type === 'sink') throw refuse(`sink ${from} has edge`);
    for (const to of targets) {
      if (!nodes.has(to)) throw refuse(`node ${to} is not defined`);
      inputs.set(to, (inputs.get(to) ?? 0) + 1);
    }
  }
  for (const node of nodes.values()) {
    if (node.type !== 'operator') continue;
    if (!edges.has(node.name)) throw refuse(`no edge defined for operator node ${node.name}`);
    const count = inputs.get(node.name) ?? 0;
    if (count === 0) throw refuse(`operator ${node.name} of type ${node.nodeType} has no input`);
    if (count > 1 && node.nodeType !== 'join' && node.nodeType !== 'window' && node.nodeType !== 'watermark')
      throw refuse(`operator ${node.name} of type ${node.nodeType} does not allow multiple inputs`);
  }
  const sinks = [...nodes.values()].filter((n) => n.type === 'sink');
  if (!sinks.some((s) => inputs.has(s.name))) throw refuse('no sink is reached');
  checkCircle(rule, sourceNames, edges);
  return {
    nodes,
    sources: sourceNames.map((n) => nodes.get(n)!),
    sinks,
    edges: cases,
    lines: () => linesOf(rule, nodes, edges, cases, sourceNames, sinks),
  };
}

function checkCircle(rule: string, sourceNames: readonly string[], edges: ReadonlyMap<string, readonly string[]>): void {
  const done = new Set<string>();
  const look = (at: string, above: readonly string[]): void => {
    if (above.includes(at)) throw graphError(rule, `the edges go round in a circle at ${at}`);
    if (done.has(at)) return;
    for (const to of edges.get(at) ?? []) look(to, [...above, at]);
    done.add(at);
  };
  for (const name of sourceNames) look(name, []);
}

function linesOf(
  rule: string,
  nodes: ReadonlyMap<string, GraphNode>,
  edges: ReadonlyMap<string, readonly string[]>,
  cases: ReadonlyMap<string, readonly string[][]>,
  sourceNames: readonly string[],
  sinks: readonly GraphNode[],
): GraphLine[] {
  const lines = new Map<string, { line: GraphLine; sinks: number[] }>();
  for (const [index, sink] of sinks.entries()) {
    for (const [parent, targets] of edges) {
      if (!targets.includes(sink.name)) continue;
      const line = lineTo(rule, nodes, edges, cases, sourceNames, parent, sink.name, index);
      const key = JSON.stringify(line.operators.map((o) => [o.node.name, o.cases]));
      const same = lines.get(key);
      if (same) same.sinks.push(index);
      else lines.set(key, { line, sinks: [index] });
    }
  }
  return [...lines.values()].map(({ line, sinks: ends }) => ({ ...line, sinks: ends }));
}

/** The part of the graph that leads over `parent` to one sink, as a line. */
function lineTo(
  rule: string,
  nodes: ReadonlyMap<string, GraphNode>,
  edges: ReadonlyMap<string, readonly string[]>,
  cases: ReadonlyMap<string, readonly string[][]>,
  sourceNames: readonly string[],
  parent: string,
  sink: string,
  index: number,
): GraphLine {
  const before = (name: string) => name === parent || reaches(name, parent, edges);
  const part = new Map<string, readonly string[]>();
  for (const [from, targets] of edges) {
    if (!before(from)) continue;
    part.set(from, from === parent ? [sink] : targets.filter((t) => nodes.get(t)!.type === 'operator' && before(t)));
  }
  const line = followLine(rule, nodes, part, sourceNames.filter(before));
  const leading = (node: GraphNode): number[] => {
    const next = part.get(node.name)!;
    return (cases.get(node.name) ?? []).flatMap((targets, i) => (targets.some((t) => next.includes(t)) ? [i] : []));
  };
  return {
    sources: line.sources,
    operators: line.operators.map((node) => ({ node, cases: node.nodeType === 'switch' ? leading(node) : [] })),
    sinks: [index],
  };
}

/** From the sources on, all must meet in one operator after the other until the sink. */
function followLine(
  rule: string,
  nodes: ReadonlyMap<string, GraphNode>,
  edges: ReadonlyMap<string, readonly string[]>,
  sourceNames: readonly string[],
): { sources: GraphNode[]; operators: GraphNode[] } {
  const operators: GraphNode[] = [];
  let ends: readonly string[] = [...new Set(sourceNames.flatMap((s) => edges.get(s) ?? []))];
  for (;;) {
    const next = ends.map((e) => nodes.get(e)!);
    if (next.every((n) => n.type === 'sink')) return { sources: sourceNames.map((s) => nodes.get(s)!), operators };
    // a source may join later than another one: the operator that has seen less comes first
    const ahead = next.filter(
      (n) => n.type === 'sink' || next.some((m) => m !== n && m.type === 'operator' && reaches(m.name, n.name, edges)),
    );
    const now = next.filter((n) => !ahead.includes(n));
    if (now.length !== 1) throw graphError(rule, `the ways over ${next.map((n) => n.name).join(', ')} do not meet in a window or join`);
    const node = now[0]!;
    if (operators.includes(node)) throw graphError(rule, `the edges go round in a circle at ${node.name}`);
    operators.push(node);
    ends = [...new Set([...ahead.map((n) => n.name), ...edges.get(node.name)!])];
  }
}

function reaches(from: string, to: string, edges: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const look = (at: string): boolean => {
    if (seen.has(at)) return false;
    seen.add(at);
    return (edges.get(at) ?? []).some((n) => n === to || look(n));
  };
  return look(from);
}

function readNodes(rule: string, value: unknown): Map<string, GraphNode> {
  const raw = objectOf(value, () => graphError(rule, 'graph.nodes: expected an object of name → node'));
  const nodes = new Map<string, GraphNode>();
  for (const [name, entry] of Object.entries(raw)) {
    const { type, nodeType, props } = objectOf(entry, () => graphError(rule, `node ${name}: expected {type, nodeType, props}`));
    if (type !== 'source' && type !== 'operator' && type !== 'sink')
      throw graphError(rule, `unknown node type ${String(type)} of node ${name}`);
    if (typeof nodeType !== 'string' || nodeType === '') throw graphError(rule, `node ${name}: nodeType is missing`);
    const kind = type === 'operator' ? nodeType.toLowerCase() : nodeType;
    if (type === 'operator' && !OPERATORS.includes(kind as (typeof OPERATORS)[number]))
      throw graphError(rule, `unknown operator type ${nodeType}`);
    nodes.set(name, {
      name,
      type,
      nodeType: kind,
      props: objectOf(props ?? {}, () => graphError(rule, `node ${name}: props is not an object`)),
    });
  }
  return nodes;
}

/** Targets by case: one list for most operators, one for each case of a `switch`. */
function readEdges(rule: string, value: unknown): Map<string, string[][]> {
  const raw = objectOf(value, () => graphError(rule, 'graph.topo.edges: expected an object of name → names'));
  return new Map(
    Object.entries(raw).map(([from, to]) => {
      if (!Array.isArray(to)) throw graphError(rule, `edges of ${from}: expected a list of names`);
      return [from, to.some(Array.isArray) ? to.map((c) => [c].flat().map(String)) : [to.map(String)]];
    }),
  );
}

function objectOf(value: unknown, refuse: () => Error): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse();
  return value as Record<string, unknown>;
}
