// What of a statement cannot work with the columns as its streams declare them, and constants that no row can make right: a bad pattern, a bad
// path, a division by zero. Only what is certain from declarations and text; a column that nobody declared is never spoken of.
import { messageOf } from '../../base/errors/gateway-error.ts';
import type { FieldType, StreamSchema } from '../../contract/schema.ts';
import { compileJsonPath } from '../../data/json-path/index.ts';
import { compileRegex } from '../../data/regex.ts';
import { type CallExpr, type Expr, printExpr, rootsOf, type SelectStatement, walk } from '../../sql/index.ts';
import { didYouMean } from '../../sql/suggest.ts';

/** What a warning needs of a stream that a statement reads. */
export interface DeclaredSource {
  /** Undefined or empty: nothing is declared. */
  readonly schema: StreamSchema | undefined;
  /** All names that meta() knows of its source; undefined: not known. */
  readonly metaKeys: readonly string[] | undefined;
}

interface Scope {
  typeOf(e: Expr): FieldType | undefined;
  /** A stream or table of the statement, under the name that it has there. */
  isSource(name: string): boolean;
  /** Names of the columns behind `*` or `stream.*`; undefined: not all are declared. */
  columns(stream: string | undefined): readonly string[] | undefined;
  metaKeys(stream: string | undefined): readonly string[] | undefined;
}

type Kind = FieldType['kind'];

const WORDS: Partial<Record<Kind, string>> = { bigint: 'a number', float: 'a number', string: 'a text', boolean: 'true or false' };
const COMPARISONS: ReadonlySet<string> = new Set(['=', '!=', '<>', '<', '<=', '>', '>=']);
const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/', '%']);
const LOGIC: ReadonlySet<string> = new Set(['AND', 'OR']);
const NOWHERE = { start: 0, end: 0 };
const BOOLEAN: FieldType = { kind: 'boolean' };
/** Functions that take numbers only: a text is an error of the row. */
const OF_NUMBERS: ReadonlySet<string> = new Set(
  'abs acos asin atan ceil ceiling cos cosh cot exp floor ln log power radians degrees sign sin sinh sqrt tan tanh avg sum stddev stddevs var vars'.split(
    ' ',
  ),
);
const WITH_PATTERN: ReadonlySet<string> = new Set(['regexp_matches', 'regexp_replace', 'regexp_substr', 'regexp_substring']);
const WITH_PATH: ReadonlySet<string> = new Set(['json_path_exists', 'json_path_query', 'json_path_query_first']);

/** @param declared of a stream or table by its name; undefined: not in the catalog (a step of WITH)
 *  @param standard texts of a path may have either quotes */
export function typeWarnings(
  s: SelectStatement,
  declared: (name: string) => DeclaredSource | undefined,
  steps: ReadonlySet<string>,
  standard: boolean,
): string[] {
  const scope = scopeOf(s, (name) => (steps.has(name) ? undefined : declared(name)));
  const found = new Set<string>();
  for (const root of rootsOf(s)) walk(root, (e) => void check(e, scope, standard, (text) => found.add(text)));
  for (const condition of [s.where, s.having, s.qualify])
    if (condition) checkCondition(condition, 'A condition', scope, (t) => found.add(t));
  if (s.where) for (const text of neverBoth(s.where)) found.add(text);
  return [...found];
}

// -------------------------------------------------------------------------------------------------------------------- scope

function scopeOf(s: SelectStatement, declared: (name: string) => DeclaredSource | undefined): Scope {
  const refs = [s.from, ...s.joins.map((j) => j.source)];
  const sources = refs.map((r) => ({ name: r.alias ?? r.name, of: r.query ? undefined : declared(r.name) }));
  const aliases = new Map(s.fields.filter((f) => f.alias).map((f) => [f.alias, f.expr]));
  const named = (stream: string | undefined) => (stream === undefined ? sources : sources.filter((one) => one.name === stream));
  /** Declared columns of what `stream` names; undefined: at least one of the sources declares nothing. */
  const fields = (stream: string | undefined) => {
    const lists = named(stream).map((one) => one.of?.schema);
    return lists.length > 0 && lists.every((l) => l !== undefined && l.length > 0) ? lists.flatMap((l) => l ?? []) : undefined;
  };
  const scope: Scope = {
    typeOf(e) {
      if (e.kind === 'column') {
        // an alias hides the column of its name from the fields after it
        if (e.stream === undefined && aliases.has(e.name)) return undefined;
        const found = fields(e.stream)?.filter((f) => f.name === e.name) ?? [];
        if (found.length > 0 || e.stream === undefined || named(e.stream).length > 0)
          return found.length === 1 ? found[0]?.type : undefined;
        // `o.x` of a column o
        const object = structOf(e.stream, scope);
        return object?.fields.find((f) => f.name === e.name)?.type;
      }
      return typeOfValue(e, scope);
    },
    isSource: (name) => named(name).length > 0,
    columns: (stream) => fields(stream)?.map((f) => f.name),
    metaKeys(stream) {
      const lists = named(stream).map((one) => one.of?.metaKeys);
      return lists.length > 0 && lists.every((l) => l !== undefined) ? lists.flatMap((l) => l ?? []) : undefined;
    },
  };
  return scope;
}

function structOf(column: string, scope: Scope): Extract<FieldType, { kind: 'struct' }> | undefined {
  const type = scope.typeOf({ kind: 'column', name: column, span: NOWHERE });
  return type?.kind === 'struct' ? type : undefined;
}

function typeOfValue(e: Expr, scope: Scope): FieldType | undefined {
  switch (e.kind) {
    case 'int':
      return { kind: 'bigint' };
    case 'float':
      return { kind: 'float' };
    case 'string':
      return { kind: 'string' };
    case 'bool':
    case 'between':
    case 'in':
    case 'like':
    case 'is':
    case 'not':
      return BOOLEAN;
    case 'binary':
      if (COMPARISONS.has(e.op) || LOGIC.has(e.op)) return BOOLEAN;
      return ARITHMETIC.has(e.op) && isNumber(scope.typeOf(e.left)) && isNumber(scope.typeOf(e.right)) ? { kind: 'float' } : undefined;
    case 'member': {
      const object = scope.typeOf(e.object);
      return object?.kind === 'struct' ? object.fields.find((f) => f.name === e.name)?.type : undefined;
    }
    case 'index': {
      const object = scope.typeOf(e.object);
      return object?.kind === 'array' ? object.element : undefined;
    }
    default:
      return undefined;
  }
}

const isNumber = (t: FieldType | undefined): boolean => t?.kind === 'bigint' || t?.kind === 'float';

// ------------------------------------------------------------------------------------------------------------------- checks

function check(e: Expr, scope: Scope, standard: boolean, tell: (text: string) => void): void {
  switch (e.kind) {
    case 'binary':
      if (COMPARISONS.has(e.op)) compare(e, e.left, e.right, scope, tell);
      if (ARITHMETIC.has(e.op)) for (const side of [e.left, e.right]) checkNumber(e, side, scope, tell);
      if ((e.op === '/' || e.op === '%') && e.right.kind === 'int' && e.right.value === 0n)
        tell(`${printExpr(e)} divides by 0: no row has a result. Name the column or the number to divide by.`);
      if (LOGIC.has(e.op)) for (const side of [e.left, e.right]) checkCondition(side, `A side of ${e.op}`, scope, tell);
      return;
    case 'in':
      for (const item of e.list ?? []) compare(e, e.value, item, scope, tell);
      return;
    case 'between':
      for (const bound of [e.low, e.high]) compare(e, e.value, bound, scope, tell);
      return;
    case 'like':
      checkText(e, e.value, scope, tell);
      checkText(e, e.pattern, scope, tell);
      return;
    case 'negate':
      checkNumber(e, e.operand, scope, tell);
      return;
    case 'not':
      checkCondition(e.operand, 'What follows NOT', scope, tell);
      return;
    case 'column': {
      const object = e.stream === undefined || scope.isSource(e.stream) ? undefined : structOf(e.stream, scope);
      if (object && e.stream) checkMember(e, { kind: 'column', name: e.stream, span: NOWHERE }, e.name, false, scope, tell);
      return;
    }
    case 'case':
      for (const { when } of e.whens)
        if (e.value) compare(e, e.value, when, scope, tell);
        else checkCondition(when, 'WHEN', scope, tell);
      return;
    case 'member':
      checkMember(e, e.object, e.name, e.computed !== undefined, scope, tell);
      return;
    case 'index':
    case 'slice': {
      const type = scope.typeOf(e.object);
      if (type && type.kind !== 'array' && (e.kind === 'slice' || type.kind !== 'struct'))
        tell(`${printExpr(e)} asks for elements: ${declaredAs(e.object, type)}, which has none. Only an ARRAY has elements.`);
      return;
    }
    case 'wildcard':
      checkWildcard(e, scope, tell);
      return;
    case 'metaRef': {
      const keys = scope.metaKeys(e.stream);
      if (!keys || e.name === '*' || keys.some((k) => k.toLowerCase() === e.name.toLowerCase())) return;
      const near = didYouMean(e.name, keys);
      tell(`meta(${e.name}) has no value: ${near ? `no message has that; ${near}` : `the source gives ${keys.join(', ')}`}`);
      return;
    }
    case 'call':
      checkCall(e, scope, standard, tell);
      return;
  }
}

const declaredAs = (e: Expr, type: FieldType): string =>
  e.kind === 'column' || e.kind === 'member' || e.kind === 'index'
    ? `${printExpr(e)} is declared ${type.kind.toUpperCase()}`
    : `${printExpr(e)} is ${WORDS[type.kind] ?? `of type ${type.kind.toUpperCase()}`}`;

/** Numbers, texts and booleans do not compare with each other; of other types it depends on the value. */
function compare(whole: Expr, left: Expr, right: Expr, scope: Scope, tell: (text: string) => void): void {
  const [a, b] = [scope.typeOf(left), scope.typeOf(right)];
  const [first, second] = [a && wordOf(a), b && wordOf(b)];
  if (!a || !b || !first || !second || first === second) return;
  const text = a.kind === 'string' ? left : b.kind === 'string' ? right : undefined;
  const cure =
    text === undefined
      ? 'Compare it with a value of its own type.'
      : text.kind === 'string'
        ? `Write ${text.value} without quotes.`
        : `Write cast(${printExpr(text)}, "${isNumber(a) || isNumber(b) ? 'float' : 'boolean'}"), or make the other side a text.`;
  tell(`${printExpr(whole)} compares ${first} with ${second}: ${declaredAs(left, a)}, ${declaredAs(right, b)}. ${cure}`);
}

const wordOf = ({ kind }: FieldType): string | undefined => WORDS[kind] ?? (kind === 'struct' ? 'an object' : undefined);

function checkCondition(e: Expr, place: string, scope: Scope, tell: (text: string) => void): void {
  const type = scope.typeOf(e);
  if (type && type.kind !== 'boolean')
    tell(
      `${place} must be true or false, and ${declaredAs(e, type)}: compare it with something, such as ${printExpr(e)} ${isNumber(type) ? '> 0' : '= "x"'}.`,
    );
}

function checkNumber(whole: Expr, value: Expr, scope: Scope, tell: (text: string) => void): void {
  const type = scope.typeOf(value);
  if (type && !isNumber(type) && type.kind !== 'datetime')
    tell(`${printExpr(whole)} calculates with numbers, and ${declaredAs(value, type)}: write cast(${printExpr(value)}, "float").`);
}

function checkText(whole: Expr, value: Expr, scope: Scope, tell: (text: string) => void): void {
  const type = scope.typeOf(value);
  if (type && type.kind !== 'string' && type.kind !== 'bytea')
    tell(`${printExpr(whole)} is for texts, and ${declaredAs(value, type)}: write cast(${printExpr(value)}, "string").`);
}

function checkMember(whole: Expr, object: Expr, name: string, computed: boolean, scope: Scope, tell: (text: string) => void): void {
  const type = scope.typeOf(object);
  if (!type) return;
  if (type.kind !== 'struct') {
    tell(`${printExpr(whole)} asks for a member: ${declaredAs(object, type)}, which has none. Only a STRUCT has members.`);
    return;
  }
  const names = type.fields.map((f) => f.name);
  if (computed || names.includes(name)) return;
  const near = didYouMean(name, names);
  tell(
    `${printExpr(whole)} asks for member ${name}, which ${printExpr(object)} does not declare${near ? `; ${near}` : `: it has ${names.join(', ')}.`}`,
  );
}

function checkWildcard({ stream, except, replace }: Extract<Expr, { kind: 'wildcard' }>, scope: Scope, tell: (text: string) => void): void {
  const columns = scope.columns(stream);
  if (!columns) return;
  const missing = (word: string, name: string) => {
    const near = didYouMean(name, columns);
    if (!columns.includes(name))
      tell(
        `${word} names column ${name}, which is not declared, and has no effect${near ? `; ${near}` : `: there are ${columns.join(', ')}.`}`,
      );
  };
  for (const name of except) missing('EXCEPT', name);
  for (const { alias, name } of replace) missing('REPLACE', alias ?? name);
}

function checkCall(e: CallExpr, scope: Scope, standard: boolean, tell: (text: string) => void): void {
  const name = e.name.toLowerCase();
  const [first, second] = e.args;
  if (OF_NUMBERS.has(name) && first) {
    const type = scope.typeOf(first);
    if (type?.kind === 'string' || type?.kind === 'boolean' || type?.kind === 'struct')
      tell(`${printExpr(e)} takes numbers, and ${declaredAs(first, type)}: write ${e.name}(cast(${printExpr(first)}, "float")).`);
  }
  if (second?.kind !== 'string') return;
  const { value } = second;
  if (WITH_PATTERN.has(name)) tried(() => compileRegex(value), `${printExpr(e)} fails for every row`, tell);
  if (WITH_PATH.has(name)) tried(() => compileJsonPath(value, standard), `${printExpr(e)} fails for every row`, tell);
}

function tried(work: () => unknown, place: string, tell: (text: string) => void): void {
  try {
    work();
  } catch (error) {
    tell(`${place}: ${messageOf(error)}`);
  }
}

// -------------------------------------------------------------------------------------------------- conditions that exclude each other

/** `a > 5 AND a < 3`: bounds of one column, given as integers. */
function neverBoth(where: Expr): string[] {
  const bounds = new Map<string, { low?: bigint; high?: bigint }>();
  const found: string[] = [];
  const terms = (e: Expr): Expr[] => (e.kind === 'binary' && e.op === 'AND' ? [...terms(e.left), ...terms(e.right)] : [e]);
  for (const e of terms(where)) {
    if (e.kind !== 'binary' || e.left.kind !== 'column' || e.right.kind !== 'int') continue;
    const column = printExpr(e.left);
    const b = bounds.get(column) ?? {};
    const { value } = e.right;
    // strict bounds stay as they are: between 3 and 4 there is 3.5
    if (e.op === '>' || e.op === '>=' || e.op === '=') b.low = b.low === undefined || value > b.low ? value : b.low;
    if (e.op === '<' || e.op === '<=' || e.op === '=') b.high = b.high === undefined || value < b.high ? value : b.high;
    bounds.set(column, b);
    if (b.low !== undefined && b.high !== undefined && b.low > b.high) {
      found.push(`${printExpr(where)} is never true: no ${column} is above ${b.low} and below ${b.high}. Write OR where either may hold.`);
      return found;
    }
  }
  return found;
}
