// A graph rule as the editor sees it: nodes with places in columns from left to right, and edits that give a new graph. Plain data, no page.

export type NodeType = 'source' | 'operator' | 'sink';

export interface GraphNode {
  type: NodeType;
  nodeType: string;
  props: Record<string, unknown>;
}

/** As in the JSON of a rule. Edges of a switch are a list for each case. */
export interface Graph {
  nodes: Record<string, GraphNode>;
  topo: { sources: string[]; edges: Record<string, (string | string[])[]> };
}

export interface Edge {
  from: string;
  to: string;
  /** Of a switch. */
  way: number | undefined;
}

export interface Place {
  name: string;
  column: number;
  row: number;
}

export const emptyGraph = (): Graph => ({ nodes: {}, topo: { sources: [], edges: {} } });

/** Whatever a rule holds, so that the editor can show it; what is no node is left to the gateway's verdict. */
export function graphOf(value: unknown): Graph {
  const { nodes, topo } = (value ?? {}) as Partial<Graph>;
  const entries = Object.entries(nodes ?? {}).map(([name, n]): [string, GraphNode] => [
    name,
    { type: n?.type ?? 'operator', nodeType: String(n?.nodeType ?? ''), props: n?.props ?? {} },
  ]);
  return { nodes: ownNames(entries), topo: { sources: topo?.sources ?? [], edges: ownNames(Object.entries(topo?.edges ?? {})) } };
}

/** `__proto__` is a name like any other. */
function ownNames<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  const made: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) made[name] = value;
  return made;
}

export function edgesOf({ topo }: Graph): Edge[] {
  return Object.entries(topo.edges).flatMap(([from, to]) =>
    to.flatMap((t, i): Edge[] => (Array.isArray(t) ? t.map((one) => ({ from, to: one, way: i })) : [{ from, to: t, way: undefined }])),
  );
}

/** Columns by the longest way from a source; a circle ends. */
export function layOut(graph: Graph): { places: Place[]; columns: number; rows: number } {
  const names = Object.keys(graph.nodes);
  const edges = edgesOf(graph).filter((e) => graph.nodes[e.from] && graph.nodes[e.to]);
  const column = new Map(names.map((n) => [n, 0]));
  for (let turn = 0; turn < names.length; turn++) {
    let moved = false;
    for (const { from, to } of edges) {
      const next = column.get(from)! + 1;
      if (column.get(to)! >= next || next >= names.length) continue;
      column.set(to, next);
      moved = true;
    }
    if (!moved) break;
  }
  const used = new Map<number, number>();
  const places = names.map((name) => {
    const at = column.get(name)!;
    const row = used.get(at) ?? 0;
    used.set(at, row + 1);
    return { name, column: at, row };
  });
  return { places, columns: Math.max(0, ...used.keys()) + 1, rows: Math.max(1, ...used.values()) };
}

function freeName(graph: Graph, wanted: string): string {
  if (!graph.nodes[wanted]) return wanted;
  let n = 2;
  while (graph.nodes[`${wanted}_${n}`]) n++;
  return `${wanted}_${n}`;
}

/** @param after the new node gets what this one sends; what came next comes behind the new one  @returns with the name that it got */
export function addNode(graph: Graph, wanted: string, node: GraphNode, after: string | undefined): { graph: Graph; name: string } {
  const name = freeName(graph, wanted);
  const nodes = ownNames([...Object.entries(graph.nodes), [name, node] as const]);
  const topo = { sources: [...graph.topo.sources], edges: ownNames(Object.entries(graph.topo.edges)) };
  if (node.type === 'source') topo.sources.push(name);
  else if (after !== undefined && graph.nodes[after] && graph.nodes[after].type !== 'sink') {
    const before = topo.edges[after] ?? [];
    // behind a switch it is one more way
    if (node.type === 'sink' || graph.nodes[after].nodeType === 'switch') topo.edges[after] = [...before, name];
    else {
      topo.edges[after] = [name];
      topo.edges[name] = before;
    }
  }
  return { graph: { nodes, topo }, name };
}

/** What led to it leads to what came behind it. */
export function removeNode(graph: Graph, name: string): Graph {
  const behind = [...new Set((graph.topo.edges[name] ?? []).flat())];
  const only = graph.nodes[name]?.type === 'operator' ? behind : [];
  const without = (to: (string | string[])[]): (string | string[])[] =>
    to.flatMap((t): (string | string[])[] => {
      if (!Array.isArray(t)) return t === name ? only : [t];
      return [t.flatMap((one) => (one === name ? only : [one]))];
    });
  return {
    nodes: ownNames(Object.entries(graph.nodes).filter(([n]) => n !== name)),
    topo: {
      sources: graph.topo.sources.filter((n) => n !== name),
      edges: ownNames(
        Object.entries(graph.topo.edges)
          .filter(([from]) => from !== name)
          .map(([from, to]): [string, (string | string[])[]] => [from, once(without(to))]),
      ),
    },
  };
}

const once = (to: (string | string[])[]): (string | string[])[] => to.filter((t, i) => Array.isArray(t) || to.indexOf(t) === i);

export function setProps(graph: Graph, name: string, props: Record<string, unknown>): Graph {
  return {
    ...graph,
    nodes: ownNames(Object.entries(graph.nodes).map(([n, node]): [string, GraphNode] => [n, n === name ? { ...node, props } : node])),
  };
}

/** @returns the graph as it is when the name is taken or empty */
export function renameNode(graph: Graph, old: string, name: string): Graph {
  if (name === '' || name === old || graph.nodes[name]) return graph;
  const to = (n: string) => (n === old ? name : n);
  return {
    nodes: ownNames(Object.entries(graph.nodes).map(([n, node]): [string, GraphNode] => [to(n), node])),
    topo: {
      sources: graph.topo.sources.map(to),
      edges: ownNames(
        Object.entries(graph.topo.edges).map(([from, list]): [string, (string | string[])[]] => [
          to(from),
          list.map((t) => (Array.isArray(t) ? t.map(to) : to(t))),
        ]),
      ),
    },
  };
}

/** @param way case of a switch  */
export function connect(graph: Graph, from: string, to: string, way: number | undefined): Graph {
  const edges = ownNames(Object.entries(graph.topo.edges));
  const now = edges[from] ?? [];
  if (way === undefined) edges[from] = now.flat().includes(to) ? now : [...now, to];
  else {
    const ways = Array.from({ length: Math.max(now.length, way + 1) }, (_, i) => [now[i] ?? []].flat());
    if (!ways[way]!.includes(to)) ways[way]!.push(to);
    edges[from] = ways;
  }
  return { ...graph, topo: { ...graph.topo, edges } };
}

export function disconnect(graph: Graph, edge: Edge): Graph {
  const edges = ownNames(Object.entries(graph.topo.edges));
  edges[edge.from] = (edges[edge.from] ?? []).flatMap((t, i): (string | string[])[] => {
    if (Array.isArray(t)) return [edge.way === i ? t.filter((one) => one !== edge.to) : t];
    return t === edge.to && edge.way === undefined ? [] : [t];
  });
  return { ...graph, topo: { ...graph.topo, edges } };
}

/** Nodes that may follow. */
export function mayFollow(graph: Graph, from: string): string[] {
  const has = new Set((graph.topo.edges[from] ?? []).flat());
  return Object.entries(graph.nodes)
    .filter(([name, node]) => name !== from && node.type !== 'source' && !has.has(name) && !leadsTo(graph, name, from))
    .map(([name]) => name);
}

function leadsTo(graph: Graph, from: string, to: string): boolean {
  const seen = new Set<string>();
  const look = (at: string): boolean => {
    if (at === to) return true;
    if (seen.has(at)) return false;
    seen.add(at);
    return (graph.topo.edges[at] ?? []).flat().some(look);
  };
  return look(from);
}

/** What a node does, in one line. */
export function summaryOf({ type, nodeType, props }: GraphNode): string {
  if (type === 'source') return String(props['sourceName'] ?? props['datasource'] ?? nodeType);
  const { expr, fields, cases, dimensions, sorts, topic, url } = props;
  if (nodeType === 'window') return [props['type'], props['size'], props['unit']].filter((v) => v !== undefined).join(' ');
  const list = [fields, cases, dimensions].find((v): v is unknown[] => Array.isArray(v));
  if (list) return list.map(String).join(', ');
  if (Array.isArray(sorts)) return sorts.map((s) => String((s as { field?: unknown }).field)).join(', ');
  return String(expr ?? topic ?? url ?? props['from'] ?? '');
}
