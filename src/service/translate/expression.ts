// Expressions of our SQL in the words of another engine. What it cannot say goes into `cannot`, as it was written; the text then holds NULL there, and
// translate.ts gives no statement out. Used by select.ts.
import { type CallExpr, type Expr, printExpr } from '../../sql/index.ts';
import type { Dialect } from './dialect.ts';

export interface Saying {
  readonly dialect: Dialect;
  /** Names that FROM gives; any other name before a dot is a column that holds an object. */
  readonly sources: ReadonlySet<string>;
  /** Where analytic functions follow their order; '' = there is none. */
  readonly order: string;
  /** In order, each once. */
  readonly cannot: Set<string>;
  readonly notes: Set<string>;
}

const OTHER = 'has no counterpart';

export function say(expr: Expr, to: Saying): string {
  const { dialect } = to;
  const cannot = (why: string): string => {
    to.cannot.add(`${printExpr(expr)}: ${why}`);
    return 'NULL';
  };
  const inner = (e: Expr): string =>
    e.kind === 'binary' ||
    e.kind === 'case' ||
    e.kind === 'between' ||
    e.kind === 'in' ||
    e.kind === 'like' ||
    e.kind === 'is' ||
    e.kind === 'not'
      ? `(${say(e, to)})`
      : say(e, to);
  switch (expr.kind) {
    case 'int':
      return String(expr.value);
    case 'float':
      return dialect.float(expr.value);
    case 'string':
      return `'${expr.value.replaceAll("'", "''")}'`;
    case 'bool':
      return expr.value ? 'TRUE' : 'FALSE';
    case 'column':
      if (expr.stream === undefined) return dialect.quote(expr.name);
      if (to.sources.has(expr.stream)) return `${dialect.quote(expr.stream)}.${dialect.quote(expr.name)}`;
      return dialect.member(dialect.quote(expr.stream), expr.name);
    case 'member':
      return expr.computed === undefined ? dialect.member(inner(expr.object), expr.name) : cannot(OTHER);
    case 'index':
      // from 1 there, from 0 here
      return expr.index.kind === 'int' && expr.index.value >= 0n
        ? `${dialect.engine === 'risingwave' ? `(${say(expr.object, to)})` : inner(expr.object)}[${expr.index.value + 1n}]`
        : cannot('only fixed places from the front can be said');
    case 'binary': {
      const op = dialect.operator(expr.op);
      if (op === undefined) return cannot(`the operator ${expr.op} ${OTHER}`);
      if (op === '/' || op === '%') to.notes.add('a division by zero is an error of the row here, and may end the job there');
      return `${inner(expr.left)} ${op} ${inner(expr.right)}`;
    }
    case 'between':
      return `${inner(expr.value)}${expr.not ? ' NOT' : ''} BETWEEN ${inner(expr.low)} AND ${inner(expr.high)}`;
    case 'in':
      return expr.list
        ? `${inner(expr.value)}${expr.not ? ' NOT' : ''} IN (${expr.list.map((e) => say(e, to)).join(', ')})`
        : cannot('a list that is a value has no counterpart');
    case 'like':
      return `${inner(expr.value)}${expr.not ? ' NOT' : ''} LIKE ${inner(expr.pattern)}`;
    case 'is':
      return `${inner(expr.value)} IS${expr.not ? ' NOT' : ''} ${expr.what}`;
    case 'not':
      return `NOT ${inner(expr.operand)}`;
    case 'negate':
      return `-(${say(expr.operand, to)})`;
    case 'array':
      return `ARRAY[${expr.items.map((e) => say(e, to)).join(', ')}]`;
    case 'case': {
      const whens = expr.whens.map((w) => ` WHEN ${say(w.when, to)} THEN ${say(w.result, to)}`).join('');
      return `CASE${expr.value ? ` ${inner(expr.value)}` : ''}${whens}${expr.otherwise ? ` ELSE ${say(expr.otherwise, to)}` : ''} END`;
    }
    case 'call':
      return sayCall(expr, to, cannot);
    default:
      return cannot(OTHER);
  }
}

function sayCall(call: CallExpr, to: Saying, cannot: (why: string) => string): string {
  const name = call.name.toLowerCase();
  const args = () => call.args.map((a) => (a.kind === 'wildcard' ? '*' : say(a, to)));
  if (name === 'lag') {
    if (to.order === '') return cannot('without a time of events there is no order');
    if (call.args.length > 3 || call.over?.when || call.filter) return cannot(OTHER);
    const partition = call.over?.partitionBy.map((e) => say(e, to)) ?? [];
    return `LAG(${args().join(', ')}) OVER (${partition.length ? `PARTITION BY ${partition.join(', ')} ` : ''}ORDER BY ${to.dialect.quote(to.order)})`;
  }
  if (name === 'cast' && call.args.length === 2 && call.args[1]!.kind === 'string') {
    const type = call.args[1]!.value.toLowerCase();
    const known = ['bigint', 'float', 'string', 'boolean', 'bytea', 'datetime'] as const;
    const kind = known.find((k) => k === type);
    return kind ? `CAST(${say(call.args[0]!, to)} AS ${to.dialect.type({ kind })})` : cannot(`the type ${type} ${OTHER}`);
  }
  const rule = Object.hasOwn(to.dialect.functions, name) ? to.dialect.functions[name] : undefined;
  const form = rule?.forms[call.args.length];
  if (!rule || form === undefined) return cannot(`the function ${name} ${OTHER} of this number of arguments`);
  if (call.over) return cannot('OVER of this function has no counterpart');
  if ((call.distinct || call.filter) && !rule.aggregate) return cannot(OTHER);
  if (rule.note) to.notes.add(rule.note);
  const texts = args();
  if (call.distinct) texts[0] = `DISTINCT ${texts[0]}`;
  const text = form.replace(/\$(\d)/g, (_all, n: string) => texts[Number(n) - 1]!);
  return call.filter ? `${text} FILTER (WHERE ${say(call.filter, to)})` : text;
}

/** Whether an aggregate stands in it, so that it needs a window. */
export function aggregates(expr: Expr, dialect: Dialect): boolean {
  let found = false;
  const look = (value: unknown): void => {
    if (found || typeof value !== 'object' || value === null) return;
    const node = value as Partial<CallExpr>;
    if (node.kind === 'call' && dialect.functions[node.name!.toLowerCase()]?.aggregate) found = true;
    else for (const child of Object.values(value)) look(child);
  };
  look(expr);
  return found;
}
