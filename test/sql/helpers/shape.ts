// Syntax trees as short text for golden tables: `a + 1 * b` -> `(+ a (* 1 b))`.
import type { Expr } from '../../../src/sql/index.ts';

export function shape(e: Expr): string {
  switch (e.kind) {
    case 'int':
      return String(e.value);
    case 'float':
      return `${e.value}f`;
    case 'string':
      return JSON.stringify(e.value);
    case 'bool':
      return String(e.value);
    case 'timeUnit':
      return `:${e.unit}`;
    case 'column':
      return e.stream === undefined ? e.name : `${e.stream}/${e.name}`;
    case 'metaRef':
      return `@${e.stream === undefined ? e.name : `${e.stream}/${e.name}`}`;
    case 'wildcard':
      return `(star ${[e.stream ?? '-', `[${e.except.join(' ')}]`, ...e.replace.map((f) => `${f.alias}:${shape(f.expr)}`)].join(' ')})`;
    case 'binary':
      return `(${e.op} ${shape(e.left)} ${shape(e.right)})`;
    case 'between':
      return `(${e.not ? 'not-' : ''}between ${shape(e.value)} ${shape(e.low)} ${shape(e.high)})`;
    case 'in':
      return `(${e.not ? 'not-' : ''}in ${shape(e.value)} ${e.list ? `[${e.list.map(shape).join(' ')}]` : shape(e.set!)})`;
    case 'like':
      return `(${e.not ? 'not-' : ''}like ${shape(e.value)} ${shape(e.pattern)})`;
    case 'is':
      return `(is${e.not ? '-not' : ''} ${shape(e.value)} ${e.what})`;
    case 'not':
      return `(not ${shape(e.operand)})`;
    case 'negate':
      return `(neg ${shape(e.operand)})`;
    case 'array':
      return `[${e.items.map(shape).join(' ')}]`;
    case 'interval':
      return `(interval ${e.parts.map((p) => `${p.amount}${p.unit}`).join(' ')})`;
    case 'lambda':
      return `(\\ [${e.params.join(' ')}] ${shape(e.body)})`;
    case 'case':
      return `(case ${[e.value ? shape(e.value) : '-', ...e.whens.map((w) => `${shape(w.when)}=>${shape(w.result)}`), ...(e.otherwise ? [`else ${shape(e.otherwise)}`] : [])].join(' ')})`;
    case 'member':
      return `(-> ${shape(e.object)} ${e.computed ? `!${shape(e.computed)}` : e.name})`;
    case 'index':
      return `([] ${shape(e.object)} ${shape(e.index)})`;
    case 'slice':
      return `([:] ${shape(e.object)} ${e.from ? shape(e.from) : '-'} ${e.to ? shape(e.to) : '-'})`;
    case 'call': {
      const over = e.over
        ? ` over{${[`by ${e.over.partitionBy.map(shape).join(' ')}`, `order ${e.over.orderBy.map((s) => shape(s.expr) + (s.descending ? '-' : '+')).join(' ')}`, `when ${e.over.when ? shape(e.over.when) : '-'}`].join('; ')}}`
        : '';
      return `(${[e.name, ...e.args.map(shape)].join(' ')}${over})`;
    }
    case 'window': {
      const filter = e.filter ? ` filter ${shape(e.filter)}` : '';
      const over =
        e.when || e.partitionBy.length > 0 ? ` when ${e.when ? shape(e.when) : '-'} by [${e.partitionBy.map(shape).join(' ')}]` : '';
      return `<${[e.type, ...(e.unit ? [e.unit] : []), ...e.args.map(shape)].join(' ')}${filter}${over}>`;
    }
  }
}
