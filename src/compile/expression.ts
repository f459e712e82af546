// Bound expression to closure, once per start of a rule. One function per kind of node, in files of their own.
import type { Expr } from '../contract/function.ts';
import type { Value } from '../data/value.ts';
import type { BoundExpr } from '../plan/bound.ts';
import { compileBinary } from './binary.ts';
import { compileAlias, compileShared } from './cached.ts';
import { compileCall } from './call.ts';
import { compileCase } from './case.ts';
import { compileAnyColumn, compileColumn } from './column.ts';
import type { CompileContext } from './context.ts';
import { compileLocal } from './local.ts';
import { compileMeta } from './meta.ts';
import { compileIndex, compileMember, compileSlice } from './nested.ts';
import { compileBetween, compileIn, compileLike } from './predicate.ts';
import { compileWildcard } from './wildcard.ts';

export function compileExpr(e: BoundExpr, ctx: CompileContext): Expr {
  switch (e.kind) {
    case 'literal': {
      const value: Value = e.value;
      return () => value;
    }
    case 'column':
      return compileColumn(e, ctx);
    case 'any-column':
      return compileAnyColumn(e, ctx);
    case 'alias':
      return compileAlias(e, ctx);
    case 'meta':
      return compileMeta(e, ctx);
    case 'wildcard':
      return compileWildcard(e, ctx);
    case 'call':
      return compileCall(e, ctx);
    case 'binary':
      return compileBinary(e, ctx);
    case 'between':
      return compileBetween(e, ctx);
    case 'in':
      return compileIn(e, ctx);
    case 'like':
      return compileLike(e, ctx);
    case 'case':
      return compileCase(e, ctx);
    case 'member':
      return compileMember(e, ctx);
    case 'index':
      return compileIndex(e, ctx);
    case 'slice':
      return compileSlice(e, ctx);
    case 'local':
      return compileLocal(e, ctx);
    case 'lambda':
      return compileExpr(e.body, ctx);
    case 'shared':
      return compileShared(e, ctx);
  }
}
