// Bound expressions as eKuiper prints them (`binaryExpr:{ demo.a > 1 }`): in error texts at run time, in explain.
// @source eKuiper pkg/ast, String() of each node

import { formatFloat } from '../data/go-format.ts';
import type { BoundCall, BoundExpr } from './bound.ts';

/** Aliases behind aliases are written out up to here; a chain of them would grow in powers of two. */
const MAX_LENGTH = 10_000;

/** @param names name of each input's stream, as eKuiper shows columns
 *  @returns the text; of very long ones the rest is `…` */
export function ekuiperText(e: BoundExpr, names: readonly string[]): string {
  return textOf(e, names, { left: MAX_LENGTH });
}

interface Budget {
  left: number;
}

function textOf(e: BoundExpr, names: readonly string[], budget: Budget): string {
  if (budget.left <= 0) return '…';
  budget.left -= 10;
  const go = (x: BoundExpr): string => textOf(x, names, budget);
  switch (e.kind) {
    case 'literal':
      return typeof e.value === 'number' ? formatFloat(e.value) : e.value === null || e.value === undefined ? '' : String(e.value);
    case 'column':
      return `${names[e.input] ?? '$$default'}.${e.name}`;
    case 'any-column':
      return `$$default.${e.name}`;
    case 'alias':
      return `$$alias.${e.alias.name},aliasRef:${go(e.alias.expr)}`;
    case 'meta':
      return `metaRef:{ streamName:${e.input === undefined ? '$$default' : names[e.input]}, fieldName:${e.key} }`;
    case 'wildcard':
      return e.input === undefined ? '*' : `${names[e.input]}.*`;
    case 'call':
      return callText(e, go);
    case 'binary':
      return `binaryExpr:{ ${go(e.left)} ${e.op} ${go(e.right)} }`;
    case 'between':
      return `binaryExpr:{ ${go(e.value)} ${e.not ? 'NOT BETWEEN' : 'BETWEEN'} betweenExpr:{ ${go(e.low)}, ${go(e.high)} } }`;
    case 'in': {
      const set = e.list ? (e.list.length ? `literalExprs:[${e.list.map(go).join(', ')}]` : '') : `arrayExpr:{ ${go(e.set!)} }`;
      return `binaryExpr:{ ${go(e.value)} ${e.not ? 'NOT IN' : 'IN'} valueSetExpr:{ ${set} } }`;
    }
    case 'like':
      return `binaryExpr:{ ${go(e.value)} ${e.not ? 'NOT LIKE' : 'LIKE'} likePattern:${go(e.pattern)} }`;
    case 'case': {
      const value = e.value ? `value:{ ${go(e.value)} }, ` : '';
      return `caseExprValue:{ ${value}whenClauses:[${e.whens.map((w) => `{ whenClause:{ ${go(w.when)} } }`).join(', ')}] }`;
    }
    case 'member':
      return `binaryExpr:{ ${go(e.object)} -> jsonFieldName:${e.name} }`;
    case 'index':
      return `binaryExpr:{ ${go(e.object)}[${go(e.index)}] }`;
    case 'slice': {
      const from = e.from ? go(e.from) : '0';
      const to = e.to ? go(e.to) : '-2147483648';
      return `binaryExpr:{ ${go(e.object)}[ColonExpr:{ start:{ ${from} }, end:{ ${to} } }] }`;
    }
    case 'local':
      return e.local.name;
    case 'lambda':
      return `(${e.params.map((p) => p.name).join(', ')}) -> ${go(e.body)}`;
    case 'shared':
      return go(e.expr);
  }
}

function callText(e: BoundCall, go: (e: BoundExpr) => string): string {
  const args = e.args.length ? `, args:[${e.args.map(go).join(', ')}]` : '';
  const when = e.over?.when ? `, when:{ ${go(e.over.when)} }` : '';
  const filter = e.filter ? `, filter:{ ${go(e.filter)} }` : '';
  return `Call:{ name:${e.name}${e.distinct ? ' distinct' : ''}${args}${filter}${when} }`;
}
