// A text that two expressions share exactly when they compute the same thing: for finding common subexpressions. Not for people.
import type { Value } from '../data/value.ts';
import type { BoundExpr } from './bound.ts';
import { childrenOf } from './walk.ts';

export function structureOf(e: BoundExpr): string {
  if (e.kind === 'shared') return structureOf(e.expr);
  return `${e.kind}(${[headOf(e), ...childrenOf(e).map(structureOf)].join(',')})`;
}

/** What of a node is not in its children. */
function headOf(e: BoundExpr): string {
  switch (e.kind) {
    case 'literal':
      return `${typeof e.value}:${textOf(e.value)}`;
    case 'column':
      return JSON.stringify([e.input, e.name]);
    case 'any-column':
      return JSON.stringify([e.inputs, e.name]);
    case 'alias':
      return JSON.stringify(e.alias.name);
    case 'meta':
      return JSON.stringify([e.input ?? null, e.key, e.ignoreCase]);
    case 'wildcard':
      return JSON.stringify([e.input ?? null, e.except, e.replace.map((r) => r.name)]);
    case 'call':
      return JSON.stringify([
        e.def.name,
        e.args.length,
        e.filter !== undefined,
        e.distinct === true,
        e.over ? [e.over.partitionBy.length, e.over.when !== undefined] : null,
      ]);
    case 'binary':
      return e.op;
    case 'between':
    case 'like':
      return String(e.not);
    case 'in':
      return JSON.stringify([e.not, e.list?.length ?? null]);
    case 'case':
      return JSON.stringify([e.value !== undefined, e.whens.length, e.otherwise !== undefined]);
    case 'member':
      return JSON.stringify([e.name, e.computed]);
    case 'local':
      return JSON.stringify([e.local.name, e.local.slot?.id ?? null]);
    case 'lambda':
      return JSON.stringify(e.params.map((p) => p.name));
    case 'slice':
      return JSON.stringify([e.from !== undefined, e.to !== undefined]);
    default:
      return '';
  }
}

// -0 and 0 differ, and so do 1 and 1.0: typeof is in the head
const textOf = (v: Value): string => (typeof v === 'string' ? JSON.stringify(v) : Object.is(v, -0) ? '-0' : String(v));
