// A plan as a picture: `--dot` for Graphviz, `--mermaid` for Markdown pages. Reads the text of EXPLAIN (one JSON object a line, tabs for depth) or
// the topology of a graph rule. Texts of plans hold names and literals of users: they are quoted for each language. Used by explain commands.
import { CliError } from './cli-error.ts';
import type { CommandContext, Flag } from './command.ts';

export const PICTURE_FLAGS: readonly Flag[] = [
  { names: ['dot'], value: false, doc: 'a picture for Graphviz: kuiper explain rule NAME --dot | dot -Tsvg' },
  { names: ['mermaid'], value: false, doc: 'a picture for Markdown' },
];

export interface Picture {
  readonly nodes: readonly { id: string; title: string; info: string }[];
  /** In the direction of the data. */
  readonly edges: readonly (readonly [from: string, to: string])[];
}

/** @throws CliError when both are asked for */
export function pictureKind({ flags }: CommandContext): 'dot' | 'mermaid' | undefined {
  if (flags['dot'] === true && flags['mermaid'] === true) throw new CliError('--dot and --mermaid exclude each other.', 'usage');
  return flags['dot'] === true ? 'dot' : flags['mermaid'] === true ? 'mermaid' : undefined;
}

/** @param plan answer of EXPLAIN */
export function pictureOfPlan(plan: string): Picture {
  const nodes: { id: string; title: string; info: string }[] = [];
  const edges: (readonly [string, string])[] = [];
  const above: string[] = [];
  for (const line of plan.split('\n')) {
    if (line.trim() === '') continue;
    const depth = /^\t*/.exec(line)![0].length;
    const { op, info } = JSON.parse(line) as { op: string; info: string };
    const id = `n${nodes.length}`;
    nodes.push({ id, title: op, info });
    if (depth > 0) edges.push([id, above[depth - 1]!]);
    above[depth] = id;
  }
  return { nodes, edges };
}

/** @param topo answer of GET /rules/{id}/topo */
export function pictureOfTopo(topo: { sources: readonly string[]; edges: Readonly<Record<string, readonly string[]>> }): Picture {
  const names = [...new Set([...topo.sources, ...Object.entries(topo.edges).flatMap(([from, to]) => [from, ...to])])];
  const idOf = (name: string) => `n${names.indexOf(name)}`;
  return {
    nodes: names.map((name) => ({ id: idOf(name), title: name, info: '' })),
    edges: Object.entries(topo.edges).flatMap(([from, to]) => to.map((t) => [idOf(from), idOf(t)] as const)),
  };
}

export function drawPicture({ nodes, edges }: Picture, kind: 'dot' | 'mermaid'): string {
  if (kind === 'dot') {
    const quote = (text: string) => `"${text.replace(/[\\"]/g, '\\$&').replace(/\r?\n/g, '\\n')}"`;
    return [
      'digraph rule {',
      '  rankdir=LR;',
      '  node [shape=box, fontname="sans-serif"];',
      ...nodes.map((n) => `  ${n.id} [label=${quote(n.info === '' ? n.title : `${n.title}\n${n.info}`)}];`),
      ...edges.map(([from, to]) => `  ${from} -> ${to};`),
      '}',
    ].join('\n');
  }
  // everything that Mermaid or its HTML could read as syntax becomes an entity
  const quote = (text: string) =>
    `"${text.replace(/[^\p{L}\p{N} .,:=+*/_()[\]-]/gu, (c) => (c === '\n' ? '#10;' : `#${c.codePointAt(0)!};`))}"`;
  return [
    'flowchart LR',
    ...nodes.map((n) => `  ${n.id}[${n.info === '' ? quote(n.title) : `${quote(n.title).slice(0, -1)}<br/>${quote(n.info).slice(1)}`}]`),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`),
  ].join('\n');
}
