// What the two ways to run a graph have in common: lists, expressions and windows of its nodes, checked. Used by graph-chain.ts and graph-select.ts.
import { messageOf } from '../../../base/errors/gateway-error.ts';
import { parseExpression, printExpr } from '../../../sql/index.ts';
import { type GraphNode, graphError } from './graph-json.ts';

/** An expression of a node, parsed by itself, so that none can reach out of its place. */
export function expressionOf(rule: string, node: GraphNode, text: unknown): string {
  if (typeof text !== 'string' || text.trim() === '') throw graphError(rule, `node ${node.name}: an expression is missing`);
  return within(rule, node, () => printExpr(parseExpression(text)));
}

export function within<T>(rule: string, node: GraphNode, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw graphError(rule, `node ${node.name}: ${messageOf(error)}`);
  }
}

export function listOf(rule: string, node: GraphNode, name: string): unknown[] {
  const value = node.props[name];
  if (!Array.isArray(value) || value.length === 0) throw graphError(rule, `node ${node.name}: ${name} is missing or no list`);
  return value;
}

const WINDOWS: Readonly<Record<string, { timed: boolean; second: boolean }>> = {
  tumblingwindow: { timed: true, second: false },
  hoppingwindow: { timed: true, second: true },
  slidingwindow: { timed: true, second: true },
  sessionwindow: { timed: true, second: true },
  countwindow: { timed: false, second: true },
};

export function windowCall(rule: string, node: GraphNode): string {
  const type = String(node.props['type'] ?? '').toLowerCase();
  const known = WINDOWS[type];
  if (!known) throw graphError(rule, `node ${node.name}: unknown window type ${String(node.props['type'])}`);
  const number = (name: string): string | undefined => {
    const v = node.props[name];
    if (v === undefined || v === null || v === 0) return undefined;
    if (typeof v !== 'number' || !Number.isInteger(v)) throw graphError(rule, `node ${node.name}: ${name} is not a whole number`);
    return String(v);
  };
  const unit = String(node.props['unit'] ?? '');
  if (known.timed && !/^(dd|hh|mi|ss|ms)$/i.test(unit))
    throw graphError(rule, `node ${node.name}: invalid time unit "${unit}"; write dd, hh, mi, ss or ms`);
  const size = number('size');
  if (size === undefined) throw graphError(rule, `node ${node.name}: size is missing`);
  const args = [...(known.timed ? [unit] : []), size, ...(known.second ? [number('interval')] : [])].filter((a) => a !== undefined);
  return `${type}(${args.join(', ')})`;
}
