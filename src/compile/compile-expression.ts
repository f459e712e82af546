// One expression alone, over plain objects: for tests of functions and for templates. Not the path of rules.

import type { FunctionCatalogue, FunctionEnv } from '../contract/function.ts';
import { type Meta, Tuple } from '../data/tuple.ts';
import type { Row, Value } from '../data/value.ts';
import { bindExpression } from '../plan/bind/expression.ts';
import { createScope, FieldIndex } from '../plan/bind/scope.ts';
import type { BoundExpr } from '../plan/bound.ts';
import { walk } from '../plan/walk.ts';
import type { Expr } from '../sql/ast.ts';
import { compileExpr } from './expression.ts';
import { sharedFrame } from './frame.ts';
import { createStateRegistry } from './state.ts';

export interface ExpressionOptions {
  functions: FunctionCatalogue;
  env: FunctionEnv;
  /** Text of the expression, for places in error messages. */
  sql?: string;
  /** SQL's own answers instead of eKuiper's. */
  standard?: boolean;
}

/** @returns evaluates the expression for one row; aggregates see that row only
 *  @throws GatewayError PLAN_*; the evaluation throws rowError */
export function compileExpression(e: Expr, options: ExpressionOptions): (row: Row, meta?: Meta, tsMs?: number) => Value {
  const catalog = { source: () => undefined, functions: options.functions };
  const scope = createScope(
    [{ index: 0, emitter: 'row', info: { name: 'row', kind: 'stream' }, fields: new FieldIndex(undefined) }],
    new Map(),
    catalog,
    {
      sql: options.sql,
      sqlCompatibility: options.standard ? 'standard' : 'ekuiper',
    },
  );
  const bound = bindExpression(e, scope);
  const columns = [...columnsOf(bound)];
  const frame = sharedFrame(columns, (c) => columns.indexOf(c));
  const expr = compileExpr(bound, {
    frame,
    env: options.env,
    names: ['row'],
    filled: new Set(),
    states: createStateRegistry(() => undefined),
    standard: options.standard ?? false,
    anyCase: new Set(),
    keyLimits: undefined,
    eventTime: false,
    keep: true,
    locals: new Map(),
    memo: new Map(),
    hits: 'update',
    onPass: [],
  });
  return (row, meta, tsMs = 0) =>
    expr(
      new Tuple(
        columns.map((c) => (c === '*' ? row : Object.hasOwn(row, c) ? row[c] : undefined)),
        tsMs,
        meta,
      ),
    );
}

function columnsOf(e: BoundExpr): Set<string> {
  const out = new Set<string>();
  walk(e, (n) => {
    if (n.kind === 'column') out.add(n.name);
    if (n.kind === 'member' && n.shadow?.kind === 'column') out.add(n.shadow.name);
    if (n.kind === 'wildcard' || (n.kind === 'call' && n.def.kind === 'aggregate' && n.def.rowFirst)) out.add('*');
  });
  return out;
}
