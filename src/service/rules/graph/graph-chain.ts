// A graph as a chain of nodes, each with a small SELECT of its own over what the node before gives out (exec/node-chain.ts). Operators that work on a
// collection together (groupby, aggfunc, a filter on what they made, orderby, pick) are one SELECT over the rows of the window. Graphs with joins or
// tables are lines instead (graph-select.ts). Called by rule-plan.ts.

import { GatewayError } from '../../../base/errors/gateway-error.ts';
import type { ChainNode, ChainSource, NodeKind } from '../../../exec/node-chain.ts';
import type { RuleProgram } from '../../../exec/operator.ts';
import { type Expr, parseExpression, parseSelectField, printExpr, printName, type SelectField } from '../../../sql/index.ts';
import { ALL_ROWS } from '../all-rows.ts';
import { type Graph, type GraphNode, graphError } from './graph-json.ts';
import { expressionOf, listOf, windowCall, within } from './graph-parts.ts';

export interface ScriptOfNode {
  /** It defines exec(msg, meta), or with isAgg exec(msgs). */
  readonly text: string;
  readonly isAgg: boolean;
}

/** A node of the chain before it is compiled. */
export interface ChainStep {
  readonly names: string[];
  readonly kind: NodeKind;
  /** One for each way out; none for a script. */
  sqls: string[];
  readonly script?: ScriptOfNode;
  readonly firstOnly: boolean;
  /** By way out: names of nodes of the graph that come next. */
  next: readonly (readonly string[])[];
}

export interface GraphChain {
  /** Name by which the statements know their input. */
  readonly input: string;
  readonly steps: readonly ChainStep[];
  readonly graph: Graph;
}

/** True when every node of the graph is one step over one input. */
export const isChain = ({ nodes }: Graph, isTable: (source: GraphNode) => boolean): boolean =>
  ![...nodes.values()].some((n) => (n.type === 'operator' && n.nodeType === 'join') || (n.type === 'source' && isTable(n)));

/** @throws GatewayError RULE_GRAPH or SERVICE_MISSING naming the node */
export function chainOf(rule: string, graph: Graph): GraphChain {
  // with one source, expressions may name it
  const input = graph.sources.length === 1 ? graph.sources[0]!.name : 'graph_input';
  const from = printName(input);
  const steps: ChainStep[] = [];
  /** What the node gives out: rows one by one, or together; `open`: the last step goes on to take operators of the collection. */
  const shapes = new Map<string, { collected: boolean; open: Collected | undefined }>();
  for (const s of graph.sources) shapes.set(s.name, { collected: false, open: undefined });
  for (const node of inOrder(graph)) {
    const before = inputsOf(graph, node.name).map((name) => shapes.get(name)!);
    const collected = before.some((b) => b.collected);
    if (collected && before.some((b) => !b.collected))
      throw graphError(rule, `operator ${node.name} of type ${node.nodeType} gets single rows and collections`);
    const next = graph.edges.get(node.name)!;
    const put = (kind: NodeKind, sqls: string[], firstOnly = false) => {
      steps.push({ names: [node.name], kind, sqls, firstOnly, next: node.nodeType === 'switch' ? next : [next.flat()] });
      shapes.set(node.name, { collected: collected || kind !== 'row', open: undefined });
    };
    const open = before.length === 1 ? before[0]!.open : undefined;
    const { nodeType, props } = node;
    if (collected && COLLECTIVE.has(nodeType) && (open ?? opens(node))) {
      const own = open && mayGoOn(open, node) ? open : startCollected(steps, node);
      own.add(rule, node);
      own.step.names.push(...(own.step.names.includes(node.name) ? [] : [node.name]));
      own.step.sqls = [own.sql(from)];
      own.step.next = [next.flat()];
      shapes.set(node.name, { collected: true, open: nodeType === 'pick' || next.flat().length !== 1 ? undefined : own });
      continue;
    }
    switch (nodeType) {
      case 'watermark':
        put('row', [`SELECT * FROM ${from}`]);
        break;
      case 'filter':
        put('row', [`SELECT * FROM ${from} WHERE ${expressionOf(rule, node, props['expr'])}`]);
        break;
      case 'function':
        put('row', [`SELECT *, ${fieldText(within(rule, node, () => parseSelectField(String(props['expr'] ?? ''))))} FROM ${from}`]);
        break;
      case 'pick':
        put('row', [
          `SELECT ${listOf(rule, node, 'fields')
            .map((f) => fieldText(within(rule, node, () => parseSelectField(String(f)))))
            .join(', ')} FROM ${from}`,
        ]);
        break;
      case 'switch':
        put(
          'row',
          listOf(rule, node, 'cases').map((c) => `SELECT * FROM ${from} WHERE ${expressionOf(rule, node, c)}`),
          props['stopAtFirstMatch'] === true,
        );
        break;
      case 'window':
        if (collected) throw graphError(rule, `node ${node.name}: a window needs single rows, not the output of another window`);
        put('window', [`SELECT * FROM ${from} GROUP BY ${windowCall(rule, node)}`]);
        break;
      case 'script':
        steps.push(scriptStep(rule, node, collected, next));
        shapes.set(node.name, { collected, open: undefined });
        break;
      case 'aggfunc':
      case 'groupby':
        throw graphError(rule, `node ${node.name}: ${nodeType} needs the output of a window`);
      case 'orderby':
        throw graphError(rule, `node ${node.name}: orderby needs the output of a window`);
      default:
        throw new GatewayError('SERVICE_MISSING', { what: `rule ${rule}: the graph operator ${nodeType} (node ${node.name})` });
    }
  }
  return { input, steps, graph };
}

function scriptStep(rule: string, node: GraphNode, collected: boolean, next: readonly (readonly string[])[]): ChainStep {
  const { script, isAgg = false } = node.props;
  if (typeof script !== 'string' || script.trim() === '') throw graphError(rule, `node ${node.name}: script is missing`);
  if (typeof isAgg !== 'boolean') throw graphError(rule, `node ${node.name}: isAgg must be true or false`);
  if (isAgg && !collected) throw graphError(rule, `node ${node.name}: a script with isAgg needs the output of a window`);
  const step = { names: [node.name], sqls: [], firstOnly: false, next: [next.flat()] };
  return { ...step, kind: isAgg ? 'collection' : 'row', script: { text: script, isAgg } };
}

/** @param compile one statement over the input of the chain
 *  @param openScript a script as a program */
export function chainParts(
  rule: string,
  { steps, graph }: GraphChain,
  nameOf: (source: GraphNode) => string,
  compile: (sql: string, kind: NodeKind, last: boolean) => RuleProgram,
  openScript: (script: ScriptOfNode, node: string) => RuleProgram,
): { sources: ChainSource[]; nodes: ChainNode[] } {
  const sinkIndex = new Map(graph.sinks.map((s, i) => [s.name, i]));
  const stepIndex = new Map(steps.map((s, i) => [s.names[0]!, i]));
  const ends = (names: readonly string[]) => ({
    next: names.flatMap((n) => stepIndex.get(n) ?? []),
    sinks: names.flatMap((n) => sinkIndex.get(n) ?? []),
  });
  const nodes = steps.map((step): ChainNode => {
    const ways = step.next.map(ends);
    return {
      names: step.names,
      kind: step.kind,
      firstOnly: step.firstOnly,
      programs: step.script
        ? [openScript(step.script, step.names[0]!)]
        : step.sqls.map((sql) =>
            within(rule, graph.nodes.get(step.names[0]!)!, () =>
              compile(
                sql,
                step.kind,
                ways.some((w) => w.sinks.length > 0),
              ),
            ),
          ),
      next: ways.map((w) => w.next),
      sinks: ways.map((w) => w.sinks),
    };
  });
  const sources = graph.sources.map((s): ChainSource => ({ source: nameOf(s), kind: 'stream', ...ends(graph.edges.get(s.name)!.flat()) }));
  return { sources, nodes };
}

const COLLECTIVE: ReadonlySet<string> = new Set(['groupby', 'aggfunc', 'orderby', 'filter', 'function', 'pick']);

/** Begins a statement over a whole collection; what does not (a filter, a function, a pick of single rows) goes row by row. */
const opens = ({ nodeType, props }: GraphNode): boolean =>
  nodeType === 'groupby' || nodeType === 'aggfunc' || nodeType === 'orderby' || (nodeType === 'pick' && props['isAgg'] === true);

/** Operators of one statement stand in the order of SQL. */
const mayGoOn = (open: Collected, { nodeType }: GraphNode): boolean => nodeType !== 'groupby' || open.isEmpty;

function startCollected(steps: ChainStep[], node: GraphNode): Collected {
  const step: ChainStep = { names: [node.name], kind: 'collection', sqls: [], firstOnly: false, next: [] };
  steps.push(step);
  return new Collected(step);
}

const fieldText = (f: SelectField, alias = f.alias): string => `${printExpr(f.expr)}${alias ? ` AS ${printName(alias)}` : ''}`;

/** One SELECT over a collection, as it grows operator by operator. */
class Collected {
  readonly step: ChainStep;
  private readonly dimensions: string[] = [];
  private readonly made: { name: string; field: SelectField }[] = [];
  private readonly having: string[] = [];
  private order: string[] = [];
  private picked: SelectField[] | undefined;
  constructor(step: ChainStep) {
    this.step = step;
  }

  get isEmpty(): boolean {
    return this.made.length === 0 && this.having.length === 0 && this.order.length === 0 && this.dimensions.length === 0;
  }

  add(rule: string, node: GraphNode): void {
    const { nodeType, props } = node;
    const parse = (text: unknown): Expr => within(rule, node, () => parseExpression(String(text ?? '')));
    switch (nodeType) {
      case 'groupby':
        this.dimensions.push(...listOf(rule, node, 'dimensions').map((d) => printExpr(parse(d))));
        break;
      case 'aggfunc':
      case 'function': {
        const field = within(rule, node, () => parseSelectField(String(props['expr'] ?? '')));
        this.made.push({ name: field.alias ?? field.name, field: { ...field, expr: this.inserted(field.expr) } });
        break;
      }
      case 'filter':
        this.having.push(`(${printExpr(this.inserted(parse(props['expr'])))})`);
        break;
      case 'orderby':
        this.order = listOf(rule, node, 'sorts')
          .map((s) => s as { field?: unknown; desc?: unknown })
          .map((s) => `${printExpr(parse(s.field))}${s.desc === true ? ' DESC' : ''}`);
        break;
      default:
        this.picked = listOf(rule, node, 'fields').map((f) => within(rule, node, () => parseSelectField(String(f))));
    }
  }

  sql(from: string): string {
    const made = this.made.map(({ name, field }) => fieldText(field, name));
    const shown = this.picked?.map((f) => this.shown(f)) ?? ['*', ...made];
    // what the order needs is there, seen or not
    const hidden = this.picked ? this.made.filter(({ name }) => !this.picked!.some((f) => this.madeOf(f)?.name === name && !f.alias)) : [];
    return [
      `SELECT ${[...shown, ...hidden.map(({ name, field }) => `${fieldText(field, name)} INVISIBLE`)].join(', ')} FROM ${from}`,
      `GROUP BY ${[...this.dimensions, `countwindow(${ALL_ROWS})`].join(', ')}`,
      ...(this.having.length > 0 ? [`HAVING ${this.having.join(' AND ')}`] : []),
      ...(this.order.length > 0 ? [`ORDER BY ${this.order.join(', ')}`] : []),
    ].join(' ');
  }

  private madeOf({ expr }: SelectField) {
    return expr.kind === 'column' && expr.stream === undefined ? this.made.find((m) => m.name === expr.name) : undefined;
  }

  private shown(f: SelectField): string {
    const made = this.madeOf(f);
    return made ? fieldText(made.field, f.alias ?? made.name) : fieldText({ ...f, expr: this.inserted(f.expr) });
  }

  /** Names of what was made before, replaced by what made it: HAVING knows no aliases of aggregates. */
  private inserted(expr: Expr): Expr {
    const replace = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(replace);
      if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
      const column = value as { kind?: unknown; name?: unknown; stream?: unknown };
      const made = column.kind === 'column' && column.stream === undefined ? this.made.find((m) => m.name === column.name) : undefined;
      return made ? made.field.expr : Object.fromEntries(Object.entries(value).map(([k, v]) => [k, replace(v)]));
    };
    return replace(expr) as Expr;
  }
}

const inputsOf = (graph: Graph, name: string): string[] =>
  [...graph.edges].flatMap(([from, to]) => (to.flat().includes(name) ? [from] : []));

/** Operators, each after all that lead to it. */
function inOrder(graph: Graph): GraphNode[] {
  const out: GraphNode[] = [];
  const done = new Set(graph.sources.map((s) => s.name));
  let left = [...graph.nodes.values()].filter((n) => n.type === 'operator');
  while (left.length > 0) {
    const ready = left.filter((n) => inputsOf(graph, n.name).every((i) => done.has(i)));
    // what no source leads to gets nothing
    if (ready.length === 0) return out;
    for (const n of ready) {
      out.push(n);
      done.add(n.name);
    }
    left = left.filter((n) => !ready.includes(n));
  }
  return out;
}
