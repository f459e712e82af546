// One line of a graph says the same as a SELECT, and is run as one: filter and switch → WHERE or HAVING, window and groupby →
// GROUP BY, function, aggfunc and pick → the select list, orderby → ORDER BY, join → FROM … JOIN. Every expression is parsed by itself
// first, so that none can reach out of its place.
import { GatewayError } from '../../../base/errors/gateway-error.ts';
import { find, parseExpression, parseSelectField, printExpr, printName, type SelectField } from '../../../sql/index.ts';
import { type GraphLine, type GraphNode, graphError } from './graph-json.ts';
import { expressionOf, listOf, windowCall, within } from './graph-parts.ts';

/** @param nameOf name of a source in the catalog of the rule
 *  @throws GatewayError RULE_GRAPH or SERVICE_MISSING naming the node */
export function selectOfGraph(rule: string, line: GraphLine, nameOf: (source: GraphNode) => string): string {
  const where: string[] = [];
  const having: string[] = [];
  const groups: string[] = [];
  /** Columns that function and aggfunc nodes append. */
  const made: SelectField[] = [];
  let picked: SelectField[] | undefined;
  let order = '';
  let from = named(line.sources[0]!, nameOf);
  let joined = line.sources.length === 1;
  let collected = false;
  let grouped = false;

  const expression = (node: GraphNode, text: unknown): string => expressionOf(rule, node, text);
  const field = (node: GraphNode, text: unknown): SelectField => {
    if (typeof text !== 'string' || text.trim() === '') throw graphError(rule, `node ${node.name}: expr is missing`);
    return within(rule, node, () => parseSelectField(text));
  };

  for (const { node, cases } of line.operators) {
    const { nodeType, props } = node;
    switch (nodeType) {
      case 'watermark':
        break;
      case 'filter': {
        const condition = `(${expression(node, props['expr'])})`;
        if (!collected) where.push(condition);
        else having.push(condition);
        break;
      }
      case 'switch': {
        const condition = switchCondition(node, cases, (text) => expression(node, text), listOf(rule, node, 'cases'));
        (collected ? having : where).push(condition);
        break;
      }
      case 'function':
      case 'aggfunc':
        if (nodeType === 'aggfunc' && !collected) throw graphError(rule, `node ${node.name}: aggfunc needs the output of a window`);
        made.push(field(node, props['expr']));
        break;
      case 'window':
        if (collected) throw graphError(rule, `node ${node.name}: a window needs single rows, not the output of another window`);
        collected = true;
        groups.push(windowCall(rule, node));
        break;
      case 'groupby':
        if (!collected) throw graphError(rule, `node ${node.name}: groupby needs the output of a window`);
        grouped = true;
        for (const d of listOf(rule, node, 'dimensions')) groups.unshift(expression(node, d));
        break;
      case 'orderby':
        order = listOf(rule, node, 'sorts')
          .map((s) => s as { field?: unknown; desc?: unknown })
          .map((s) => `${expression(node, s.field)}${s.desc === true ? ' DESC' : ''}`)
          .join(', ');
        break;
      case 'join':
        from = joinClause(rule, node, line, nameOf);
        joined = true;
        break;
      case 'pick':
        picked = listOf(rule, node, 'fields').map((f) => field(node, f));
        break;
      default:
        throw new GatewayError('SERVICE_MISSING', { what: `rule ${rule}: the graph operator ${nodeType} (node ${node.name})` });
    }
  }
  if (!joined) throw graphError(rule, 'several sources need a join node');
  if (having.length > 0 && !grouped && !made.some((f) => isCollective(f)) && !picked?.some(isCollective)) where.push(...having.splice(0));

  const parts = [`SELECT ${selectList(made, picked)} FROM ${from}`];
  if (where.length) parts.push(`WHERE ${where.join(' AND ')}`);
  if (groups.length) parts.push(`GROUP BY ${groups.join(', ')}`);
  if (having.length) parts.push(`HAVING ${having.join(' AND ')}`);
  if (order) parts.push(`ORDER BY ${order}`);
  return parts.join(' ');
}

/** True when the row goes on along these cases. With stopAtFirstMatch an earlier case takes it away. */
function switchCondition(
  node: GraphNode,
  cases: readonly number[],
  expression: (text: unknown) => string,
  all: readonly unknown[],
): string {
  const texts = all.map(expression);
  if (node.props['stopAtFirstMatch'] !== true) return `(${cases.map((i) => `(${texts[i]})`).join(' OR ')})`;
  const last = Math.max(...cases);
  const whens = texts.slice(0, last + 1).map((text, i) => `WHEN ${text} THEN ${cases.includes(i) ? 1 : 0}`);
  return `CASE ${whens.join(' ')} ELSE 0 END = 1`;
}

/** A picked name that a function node made is that column; what was made and not picked stays usable but unseen. */
function selectList(made: readonly SelectField[], picked: readonly SelectField[] | undefined): string {
  const byName = new Map(made.map((f) => [f.alias ?? f.name, f]));
  const text = (f: SelectField, invisible = false) =>
    `${printExpr(f.expr)}${f.alias ? ` AS ${printName(f.alias)}` : ''}${invisible ? ' INVISIBLE' : ''}`;
  if (!picked) return ['*', ...made.map((f) => text(f))].join(', ');
  const shown = picked.map((f) => (f.expr.kind === 'column' && f.expr.stream === undefined ? (byName.get(f.expr.name) ?? f) : f));
  const renamed = picked.map((f, i) => (f.alias && shown[i] !== f ? { ...shown[i]!, alias: f.alias } : shown[i]!));
  const hidden = made.filter((f) => f.alias && !shown.includes(f));
  return [...renamed.map((f) => text(f)), ...hidden.map((f) => text(f, true))].join(', ');
}

/** Contains a call: after a window it may be an aggregate, which belongs to HAVING. */
function isCollective(f: SelectField): boolean {
  return find(f.expr, (e) => e.kind === 'call') !== undefined;
}

/** Expressions know a source by the name of its node. */
function named(source: GraphNode, nameOf: (source: GraphNode) => string): string {
  const own = nameOf(source);
  return own === source.name ? printName(own) : `${printName(own)} AS ${printName(source.name)}`;
}

const JOINS: Readonly<Record<string, string>> = { inner: 'INNER', left: 'LEFT', right: 'RIGHT', full: 'FULL', cross: 'CROSS' };

function joinClause(rule: string, node: GraphNode, line: GraphLine, nameOf: (source: GraphNode) => string): string {
  const source = (name: unknown): string => {
    const found = line.sources.find((s) => s.name === name) ?? line.sources.find((s) => nameOf(s) === name);
    if (!found) throw graphError(rule, `join source ${String(name)} is not a stream`);
    return named(found, nameOf);
  };
  let text = source(node.props['from']);
  for (const join of listOf(rule, node, 'joins') as { name?: unknown; type?: unknown; on?: unknown }[]) {
    const type = JOINS[String(join.type ?? 'inner').toLowerCase()];
    if (!type) throw graphError(rule, `node ${node.name}: unknown join type ${String(join.type)}`);
    text += ` ${type} JOIN ${source(join.name)}`;
    if (type !== 'CROSS') {
      if (typeof join.on !== 'string' || join.on === '') throw graphError(rule, `node ${node.name}: on is missing`);
      text += ` ON ${within(rule, node, () => printExpr(parseExpression(join.on as string)))}`;
    }
  }
  return text;
}
