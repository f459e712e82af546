// Syntax tree to bound tree, node by node. Called for every expression of a statement. Next: bind/column.ts (names), bind/call.ts.
import type { Expr, MetaRefExpr, SortItem, WildcardExpr } from '../../sql/ast.ts';
import type { BoundExpr, BoundSort, BoundWildcard } from '../bound.ts';
import { bindCall } from './call.ts';
import { bindColumn, shadowOf, sourceNamed } from './column.ts';
import { bindMoved, isInterval, lengthMs } from './interval.ts';
import type { Scope } from './scope.ts';
import { bindIs, callOf, isFalse, literal } from './sugar.ts';

/** @throws GatewayError PLAN_* with the place in the statement */
export function bindExpression(e: Expr, scope: Scope): BoundExpr {
  const go = (x: Expr): BoundExpr => bindExpression(x, scope);
  const maybe = (x: Expr | undefined): BoundExpr | undefined => (x === undefined ? undefined : go(x));
  const span = e.span;
  switch (e.kind) {
    case 'int':
    case 'float':
    case 'string':
    case 'bool':
      return { kind: 'literal', value: e.value, node: e.kind, span };
    case 'timeUnit':
      if (e.name !== undefined) return bindColumn({ kind: 'column', name: e.name, span }, scope);
      return { kind: 'literal', value: null, node: 'null', span };
    case 'window':
      // eKuiper takes a window anywhere and evaluates it to nothing outside GROUP BY
      return { kind: 'literal', value: null, node: 'null', span };
    case 'column':
      return bindColumn(e, scope);
    case 'metaRef':
      return bindMeta(e, scope, false);
    case 'wildcard':
      return bindWildcard(e, scope);
    case 'is':
      return bindIs(e.what, go(e.value), e.not, scope, span);
    case 'not':
      return isFalse(go(e.operand), span);
    case 'negate':
      return { kind: 'binary', op: '*', left: go(e.operand), right: literal(-1n, 'int', span), span };
    case 'array':
      return callOf('array_create', e.items.map(go), scope, span);
    case 'interval':
      return literal(BigInt(Math.round(lengthMs(e, scope))), 'int', span);
    case 'lambda':
      throw scope.fail('PLAN_BAD_ARGUMENT', 'a lambda stands here, where no function takes one', span);
    case 'binary':
      if ((e.op === '+' || e.op === '-') && (isInterval(e.left) || isInterval(e.right))) return bindMoved(e, go, scope);
      if (e.op === '||') return callOf('concat_strict', piecesOf(e).map(go), scope, span);
      if (e.op === '<<' || e.op === '>>') return callOf(OPERATOR_CALLS[e.op], [go(e.left), go(e.right)], scope, span);
      return { kind: 'binary', op: e.op, left: go(e.left), right: go(e.right), span };
    case 'between':
      return { kind: 'between', not: e.not, value: go(e.value), low: go(e.low), high: go(e.high), span };
    case 'in':
      return { kind: 'in', not: e.not, value: go(e.value), list: e.list?.map(go), set: maybe(e.set), span };
    case 'like':
      return { kind: 'like', not: e.not, value: go(e.value), pattern: go(e.pattern), span };
    case 'case':
      return {
        kind: 'case',
        value: maybe(e.value),
        whens: e.whens.map((w) => ({ when: go(w.when), result: go(w.result) })),
        otherwise: maybe(e.otherwise),
        span,
      };
    case 'member':
      if (e.computed?.kind === 'wildcard' && scope.options.sqlCompatibility === 'standard')
        throw scope.fail('PLAN_BAD_ARGUMENT', '->* stands alone in the select list', span, 'write the object itself, or a member of it');
      return {
        kind: 'member',
        object: go(e.object),
        name: e.name,
        computed: e.computed !== undefined,
        shadow: isLocal(e.object, scope) ? undefined : shadowOf(e.name, span, scope),
        span,
      };
    case 'index':
      return { kind: 'index', object: go(e.object), index: go(e.index), span };
    case 'slice':
      return { kind: 'slice', object: go(e.object), from: maybe(e.from), to: maybe(e.to), span };
    case 'call':
      return bindCall(e, scope);
  }
}

/** `a || b || c` is one call: the text of the first two is not made and counted for itself. */
const piecesOf = (e: Expr): Expr[] => (e.kind === 'binary' && e.op === '||' ? [...piecesOf(e.left), e.right] : [e]);

const OPERATOR_CALLS = { '<<': 'shift_left', '>>': 'shift_right' } as const;

/** `x->v->w` of a local name: no column can be meant. */
function isLocal(e: Expr, scope: Scope): boolean {
  if (e.kind === 'column') return scope.locals.has(e.stream ?? e.name);
  return (e.kind === 'member' || e.kind === 'index') && isLocal(e.object, scope);
}

export const bindSort = (items: readonly SortItem[], scope: Scope): BoundSort[] =>
  items.map((s) => ({ expr: bindExpression(s.expr, scope), descending: s.descending }));

/** `stream.key` names the input when there is such a stream; otherwise `stream` is a key that holds an object. */
export function bindMeta(e: MetaRefExpr, scope: Scope, ignoreCase: boolean): BoundExpr {
  const span = e.span;
  if (e.stream === undefined) return { kind: 'meta', input: scope.sources.length === 1 ? 0 : undefined, key: e.name, ignoreCase, span };
  const source = sourceNamed(e.stream, scope);
  if (source) return { kind: 'meta', input: source.index, key: e.name, ignoreCase, span };
  const object: BoundExpr = { kind: 'meta', input: scope.sources.length === 1 ? 0 : undefined, key: e.stream, ignoreCase, span };
  return { kind: 'member', object, name: e.name, computed: false, span };
}

export function bindWildcard(e: WildcardExpr, scope: Scope): BoundWildcard {
  const source = e.stream === undefined ? undefined : sourceNamed(e.stream, scope);
  if (e.stream !== undefined && !source) throw scope.fail('PLAN_UNKNOWN_COLUMN', `stream ${e.stream} not found`, e.span);
  const input = source?.index ?? (scope.sources.length === 1 ? 0 : undefined);
  const replace = e.replace.map((f) => ({ name: f.alias ?? f.name, expr: bindExpression(f.expr, { ...scope, inAlias: f.alias }) }));
  return { kind: 'wildcard', input, except: e.except, replace, span: e.span };
}
