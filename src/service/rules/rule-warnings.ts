// What of a rule is taken and will have no effect, or can never be true: eKuiper takes such rules, so do we, and say so. Only what is certain from the
// text of the rule; what depends on messages is told by health. Called by the rule service when a rule is made or replaced.
import type { Props } from '../../contract/props.ts';
import type { RuleDefinition, RuleOptions } from '../../runtime/index.ts';
import { type Expr, printExpr, rootsOf, type SelectStatement, selectsOf, walk } from '../../sql/index.ts';
import { didYouMean } from '../../sql/suggest.ts';
import { type DeclaredSource, typeWarnings } from './type-warnings.ts';

/** Functions whose answer is more columns than one, or rows. */
const SPREADING: ReadonlySet<string> = new Set(['unnest', 'object_pick', 'changed_cols']);
const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '<>', '<', '<=', '>', '>=']);
const OF_WINDOW: ReadonlySet<string> = new Set(['window_start', 'window_end']);
/** Windows whose first number is a time. */
const TIMED: ReadonlySet<string> = new Set(['tumbling', 'hopping', 'sliding', 'session']);

/** @param statements of the rule: one, or those of a graph
 *  @param raw the options as written
 *  @param declared what the catalog says of a stream or table */
export function ruleWarnings(
  { options, actions }: Pick<RuleDefinition, 'options' | 'actions'>,
  statements: readonly SelectStatement[],
  raw: Readonly<Record<string, unknown>> = {},
  declared: (name: string) => DeclaredSource | undefined = () => undefined,
): string[] {
  const [only] = statements;
  const columns = statements.length === 1 && only ? resultColumns(only) : undefined;
  return [
    ...scheduleWarnings(options),
    ...optionWarnings(options, raw),
    ...(options.sqlCompatibility === 'standard' ? statements.flatMap(selectsOf).flatMap(statementWarnings) : []),
    ...statements.flatMap((s) => ofTypes(s, declared, options.sqlCompatibility === 'standard')),
    ...actions.flatMap(({ type, props }) => [
      ...noPlace(type, props),
      ...badHeaders(type, props),
      ...idleFormat(type, props),
      ...(columns ? unknownColumns(type, props, columns) : []),
    ]),
  ];
}

function scheduleWarnings(o: RuleOptions): string[] {
  const found: string[] = [];
  if (o.cron && o.durationMs === 0) found.push('Option cron of the rule has no effect without duration: the rule runs all the time.');
  o.cronDatetimeRange.forEach(({ beginMs, endMs }, i) => {
    if (endMs <= beginMs) found.push(`Range ${i + 1} of option cronDatetimeRange ends before it begins: the rule does not run in it.`);
  });
  return found;
}

/** Options that are taken and do nothing beside the others. */
function optionWarnings(o: RuleOptions, raw: Readonly<Record<string, unknown>>): string[] {
  const found: string[] = [];
  const late = valueIn(raw, 'lateTolerance');
  if (!o.isEventTime && late !== undefined && late !== 0)
    found.push('Option lateTolerance of the rule has no effect without isEventTime: rows count when they arrive.');
  if (valueIn(raw, 'bufferLength') === 0)
    found.push('Option bufferLength of the rule is 0 and is taken as 1: a queue holds one row at least.');
  if (o.restart.attempts !== 0 && o.restart.maxDelayMs < o.restart.delayMs)
    found.push('Option restartStrategy.maxDelay of the rule is less than delay: each wait takes maxDelay.');
  if (o.restart.attempts === 0 && o.restart.multiplier < 1)
    found.push(
      `Option restartStrategy.multiplier of the rule is ${o.restart.multiplier} and has no effect without attempts; with them it is 1 or more.`,
    );
  return found;
}

function ofTypes(whole: SelectStatement, declared: (name: string) => DeclaredSource | undefined, standard: boolean): string[] {
  const all = selectsOf(whole);
  const steps = new Set(all.flatMap((s) => s.with ?? []).map((step) => step.name));
  return all.flatMap((s) => typeWarnings(s, declared, steps, standard));
}

// ---------------------------------------------------------------------------------------------------------------- statement

function statementWarnings(s: SelectStatement): string[] {
  const found: string[] = [];
  if (s.where?.kind === 'bool' && !s.where.value) found.push('WHERE false lets no row through.');
  const plain = s.window === undefined && s.with === undefined && s.from.query === undefined && s.joins.length === 0;
  for (const root of rootsOf(s))
    walk(root, (e) => {
      if (e.kind === 'binary' && COMPARISONS.has(e.op) && (isNull(e.left) || isNull(e.right)))
        found.push(`${printExpr(e)} is never true, NULL is equal to nothing: write ${e.op === '=' ? 'IS NULL' : 'IS NOT NULL'}.`);
      if (e.kind === 'between' && !e.not && e.low.kind === 'int' && e.high.kind === 'int' && e.low.value > e.high.value)
        found.push(`${printExpr(e)} is never true: the first bound is the larger one.`);
      if (e.kind === 'call' && plain && OF_WINDOW.has(e.name.toLowerCase()))
        found.push(`${e.name}() has no value: the statement has no window.`);
    });
  if (s.window && TIMED.has(s.window.type)) found.push(...windowWarnings(s.window.name, s.window.args));
  if (s.limit && s.limit.count === 0n) found.push('LIMIT 0 gives no rows.');
  if (s.limit && s.limit.count < 0n) found.push(`LIMIT ${s.limit.count} is negative: it is a number of rows, 0 or more.`);
  return found;
}

function windowWarnings(name: string, args: readonly Expr[]): string[] {
  const [length, interval] = args.map((a) => (a.kind === 'int' ? a.value : undefined));
  const found: string[] = [];
  if (length !== undefined && length <= 0n) found.push(`The length of ${name} is ${length}: a window without time holds nothing.`);
  if (name === 'HOPPINGWINDOW' && length !== undefined && interval !== undefined && interval > length)
    found.push(`${name} of ${length} begins every ${interval}: rows in the ${interval - length} between two windows are in none.`);
  return found;
}

/** No keyword of the grammar: a column of that name, which standard SQL reads as no value. */
const isNull = (e: Expr): boolean => e.kind === 'column' && e.stream === undefined && e.name.toUpperCase() === 'NULL';

/** Names of the columns of a result; undefined: not known from the text. */
function resultColumns(s: SelectStatement): readonly string[] | undefined {
  if (s.union?.length) return undefined;
  const names: string[] = [];
  for (const { expr, alias, name, invisible } of s.fields) {
    let spreads = false;
    walk(expr, (e) => {
      if (e.kind === 'call' && SPREADING.has(e.name.toLowerCase())) spreads = true;
    });
    if (expr.kind === 'wildcard' || spreads) return undefined;
    const column = alias ?? name;
    if (!column) return undefined;
    if (!invisible) names.push(column);
  }
  return names;
}

// ------------------------------------------------------------------------------------------------------------------ actions

/** In whatever letter case it is written. */
const valueIn = (props: Props, name: string): unknown =>
  props[name] ?? Object.entries(props).find(([n]) => n.toLowerCase() === name.toLowerCase())?.[1];

const textOf = (props: Props, name: string): string | undefined => {
  const value = valueIn(props, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** Where results go when the action does not say it. */
const PLACES: Readonly<Record<string, readonly [property: string, otherwise: string]>> = {
  rest: ['url', 'it sends to http://localhost'],
  file: ['path', 'it writes to the file cache in the working folder'],
  memory: ['topic', 'no stream can read what it publishes'],
};

function noPlace(type: string, props: Props): string[] {
  const place = PLACES[type];
  if (!place || textOf(props, place[0]) !== undefined) return [];
  return [`Action ${type} has no ${place[0]}: ${place[1]}. Set ${place[0]}.`];
}

/** What HTTP takes as the name of a header. */
const HEADER_NAME = /^[!#$%&'*+.^`|~\w-]+$/;

function badHeaders(type: string, props: Props): string[] {
  const headers = type === 'rest' ? valueIn(props, 'headers') : undefined;
  if (typeof headers !== 'object' || headers === null) return [];
  const bad = Object.keys(headers).filter((name) => !HEADER_NAME.test(name) && !name.includes('{{'));
  return bad.map(
    (name) => `Property headers of action rest: "${name}" is no name of a header, each request fails; letters, digits and - are allowed.`,
  );
}

/** Properties of a format other than the one of the action. A file has a type of its own. */
function idleFormat(type: string, props: Props): string[] {
  if (type === 'file') return [];
  const format = textOf(props, 'format') ?? 'json';
  if (format !== 'json') return [];
  return ['delimiter', 'hasHeader', 'schemaId']
    .filter((name) => props[name] !== undefined && props[name] !== false && props[name] !== '')
    .map((name) => `Property ${name} of action ${type} has no effect: format json does not use it.`);
}

/** Columns that a template names, where it is plain enough to say. */
function namesIn(property: string, template: string): [string, string][] {
  if (/\{\{-?\s*(range|with|define|template|block)\b/.test(template)) return [];
  return [...template.matchAll(/\{\{-?\s*\.([A-Za-z_]\w*)\s*-?\}\}/g)].map((m): [string, string] => [property, m[1] ?? '']);
}

function unknownColumns(type: string, props: Props, columns: readonly string[]): string[] {
  // what failed, and rows that came too late, have columns of their own
  if (Object.entries(props).some(([name, value]) => /^(deadletter|laterows)$/i.test(name) && value)) return [];
  const template = textOf(props, 'dataTemplate');
  const field = textOf(props, 'dataField');
  const lists = (field === undefined ? ['fields', 'excludeFields'] : []).map((name): [string, unknown] => [name, props[name]]);
  const asked: [string, string][] =
    template === undefined
      ? lists.flatMap(([name, list]) =>
          Array.isArray(list) ? list.filter((c) => typeof c === 'string').map((c): [string, string] => [name, c]) : [],
        )
      : props['sendSingle'] === true
        ? namesIn('dataTemplate', template)
        : [];
  if (props['sendSingle'] === true)
    for (const [name, value] of Object.entries(props))
      if (typeof value === 'string' && name !== 'dataTemplate' && value.includes('{{')) asked.push(...namesIn(name, value));
  if (template === undefined && field !== undefined) asked.push(['dataField', field]);
  const missing = asked.filter(([, column]) => !columns.includes(column));
  return missing.map(([name, column]) => {
    const near = didYouMean(column, columns);
    return `Property ${name} of action ${type} names column ${column}, which the rule does not give${near ? `; ${near}` : `: it gives ${columns.join(', ')}`}.`;
  });
}
