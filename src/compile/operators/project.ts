// The select list, with the set-returning function behind it when there is one.
import { messageOf, rowError } from '../../base/errors/gateway-error.ts';
import type { Expr } from '../../contract/function.ts';
import { compareText } from '../../data/text.ts';
import type { Value } from '../../data/value.ts';
import { createProject, isEmitter, type OutputColumn, sinkEmitter } from '../../exec/project.ts';
import { SharedRowsRegistry } from '../../exec/shared-rows.ts';
import type { ProjectColumn, ProjectNode } from '../../plan/logical/index.ts';
import { ekuiperText } from '../../plan/text.ts';
import type { MakerInput, OperatorMaker } from '../chain.ts';
import type { CompileContext } from '../context.ts';
import { compileExpr } from '../expression.ts';
import { failedRows } from '../sample.ts';
import { createStateRegistry } from '../state.ts';

/** Of all rules of the process: what is shared is found by content, so two gateways in one process do not disturb each other. */
const registry = new SharedRowsRegistry();

export function makeProject(n: ProjectNode, input: MakerInput): OperatorMaker {
  const states = createStateRegistry(input.ctx.states.touch);
  const ctx: CompileContext = { ...input.ctx, states };
  const shown = n.columns.filter((c) => !c.invisible && c.kind !== 'spread');
  const columns = shown
    .map((c): OutputColumn => ({ name: c.name, value: named(c, ctx), nulls: nullsOf(c, n.sendNilField) }))
    .sort((a, b) => compareText(a.name, b.name));
  const spread = n.columns.filter((c) => c.kind === 'spread').map((c) => named(c, ctx));
  const hidden = n.columns.filter((c) => c.invisible).map((c) => named(c, ctx));
  const inputs = n.wildcard ? (n.wildcard.inputs ?? ctx.frame.inputs) : [];
  const spreadFirst = inputs.map((i): Expr => {
    const slot = ctx.frame.star(i);
    return (t) => t.cols[slot];
  });
  const key = sharedKey(n, input);
  return (host, stats, successor) => {
    // with a set-returning function the finished rows go on to project-set, else to the sinks
    const next = isEmitter(successor) ? successor : sinkEmitter(host);
    return createProject(
      {
        columns,
        hidden,
        spreadFirst,
        except: new Set(n.wildcard?.except),
        spread,
        limit: n.limit,
        distinct: n.distinct === true,
        sendMeta: n.sendMeta,
        next,
        state: states,
        failed: failedRows(ctx),
        shared: key === undefined ? undefined : { registry, key },
      },
      host,
      stats,
    );
  };
}

/** @returns a text that is the same for rules whose rows are equal; undefined: the row depends on more than plain columns of the source's own tuple */
function sharedKey(n: ProjectNode, { nodes, ctx, ownRows }: MakerInput): string | undefined {
  if (ownRows || n.wildcard || n.sendMeta || ctx.outside || nodes.some((other) => other !== n && other.type !== 'filter')) return undefined;
  const parts: unknown[] = [ctx.standard];
  for (const { kind, expr, name, invisible } of n.columns) {
    if (kind !== 'column' || invisible || expr.kind !== 'column' || ctx.anyCase.has(expr.input)) return undefined;
    parts.push(name, ctx.frame.column(expr.input, expr.name));
  }
  return JSON.stringify([n.sendNilField, ...parts]);
}

/** collect() over an empty window is written as null (recorded: vectors window): the one list that Go leaves without a value. */
function isCollect(c: ProjectColumn): boolean {
  const e = c.alias?.expr ?? c.expr;
  return e.kind === 'call' && e.def.name === 'collect';
}

function nullsOf(c: ProjectColumn, sendNil: boolean): OutputColumn['nulls'] {
  if (isCollect(c)) return 'always';
  if (c.kind === 'column') return sendNil ? 'always' : 'keep-null';
  // the element of UNNEST has the name that the statement gives it
  if (c.kind === 'alias' || c.expr.kind === 'local') return sendNil ? 'always' : 'never';
  return 'never';
}

const nullIfEmpty = (v: Value): Value => (Array.isArray(v) && v.length === 0 ? null : v);

/** Errors say which field failed, in eKuiper's words. */
function named(c: ProjectColumn, ctx: CompileContext): Expr {
  const value = compileExpr(c.expr, ctx);
  if (c.kind === 'column') return value;
  if (isCollect(c)) return (t) => nullIfEmpty(value(t));
  const source = c.alias?.expr ?? c.expr;
  const text = `expr: ${ekuiperText(source, ctx.names)} meet error, err:`;
  const prefix = c.kind === 'alias' ? `alias: ${c.name} ${text}` : text;
  return (t) => {
    try {
      return value(t);
    } catch (error) {
      throw rowError(prefix + messageOf(error));
    }
  };
}
