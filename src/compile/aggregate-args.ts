// Arguments of an aggregate as the fold gets them: count(*) needs nothing of the row; some functions want the whole row first.
import type { Expr } from '../contract/function.ts';
import type { BoundCall } from '../plan/bound.ts';
import { isRowCount } from '../plan/classify.ts';
import { argsOf } from './call.ts';
import type { CompileContext } from './context.ts';
import { compileWildcard } from './wildcard.ts';

export function aggregateArgs(e: BoundCall, ctx: CompileContext): Expr[] {
  if (isRowCount(e)) return [() => true];
  const args = argsOf(e, ctx);
  if (e.def.kind === 'aggregate' && e.def.rowFirst)
    args.unshift(compileWildcard({ kind: 'wildcard', input: undefined, except: [], replace: [], span: e.span }, ctx));
  return args;
}
