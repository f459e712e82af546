// Every function of the catalogue as calls in SQL whose arguments are columns of a row. Where a statement must have a literal there are several
// calls, with literals as expensive as a statement can have them.

import { Budget, type BudgetLimits, defaultBudgetLimits, isBudgetError, within } from '../../../src/base/budget.ts';
import { isGatewayError, messageOf } from '../../../src/base/errors/gateway-error.ts';
import { compileExpression } from '../../../src/compile/compile-expression.ts';
import type { FunctionDefinition } from '../../../src/contract/function.ts';
import type { Row, Value } from '../../../src/data/value.ts';
import { builtinFunctions, createFunctionCatalogue } from '../../../src/functions/catalogue.ts';
import { parseExpression } from '../../../src/sql/index.ts';
import { testEnv } from '../../functions/helpers.ts';
import { startRule } from '../../helpers/program.ts';

export interface Outcome {
  /** `value`, `refused` by the row's own rules, `budget`; anything else is `broken`. */
  kind: 'value' | 'refused' | 'budget' | 'broken';
  text: string;
  steps: number;
  bytes: number;
}

export interface Call {
  readonly name: string;
  readonly sql: string;
  /** Number of columns: a, b, c … */
  readonly columns: number;
  /** Run as a whole rule, with two rows; its steps are not counted. */
  readonly wholeRule: boolean;
  run(args: readonly Value[]): Outcome;
}

const LETTERS = 'abcdef';
const functions = createFunctionCatalogue();

/** Arguments that must be written out, by function: the columns that are left are a, b, … in order. */
const literalCalls: Readonly<Record<string, readonly string[]>> = {
  silent_for: ['silent_for(mi, 5)'],
  back_after: ['back_after(mi, 5)'],
  held_for: ['held_for(a, mi, 5)'],
  latch: ['latch(a, b)', 'latch(a, b, mi, 5)'],
  repeat_while: ['repeat_while(a, mi, 5)'],
  format: ['format(a, 100)', 'format(a, 2, "de_DE")'],
  conv: ['conv(a, 16, 2)', 'conv(a, 10, -36)'],
  date_calc: ['date_calc(a, "2562047h47m16.854775807s")'],
  encode: ['encode(a, "base64")'],
  decode: ['decode(a, "base64")'],
  cast: ['bigint', 'float', 'string', 'boolean', 'datetime', 'bytea'].map((type) => `cast(a, "${type}")`),
  date_diff: ['date_diff(a, b)'],
  json_extract: jsonPaths('json_extract'),
  json_path_query: jsonPaths('json_path_query'),
  json_path_query_first: jsonPaths('json_path_query_first'),
  json_path_exists: jsonPaths('json_path_exists'),
  cur_time: ['cur_time(6)'],
  now: ['now(6)'],
  compress: ['zlib', 'gzip', 'flate', 'zstd'].map((m) => `compress(a, "${m}")`),
  decompress: ['zlib', 'gzip', 'flate', 'zstd'].map((m) => `decompress(a, "${m}")`),
  array_map: [
    'array_map("length", a)',
    'array_map("to_json", a)',
    'array_map("md5", a)',
    'array_map(a, b)',
    'array_map("array_distinct", a)',
  ],
  array_transform: ['array_transform(a, x -> x)', 'array_transform(a, x -> array_distinct(x))', 'array_transform(a, (x, i) -> x || b)'],
  array_filter: ['array_filter(a, x -> x = b)', 'array_filter(a, x -> array_contains(b, x))'],
  array_find: ['array_find(a, x -> x = b)'],
  array_any: ['array_any(a, x -> x = b)'],
  array_all: ['array_all(a, x -> x = b)'],
  array_sum: ['array_sum(a, x -> x)'],
  array_min_by: ['array_min_by(a, x -> x)'],
  array_max_by: ['array_max_by(a, x -> x)'],
  array_sort_by: ['array_sort_by(a, x -> x)'],
  array_reduce: ['array_reduce(a, b, (all, x) -> x)', 'array_reduce(a, 0, (n, x, i) -> n + i)',
    'array_reduce(a, "", (all, x) -> all || x)', 'array_reduce(a, "", (all, x) -> x || all || ",")',
    'array_reduce(a, "", (all, x) -> CASE WHEN all = "" THEN x ELSE all || "," || x END)',
    'array_reduce(a, b, (all, x) -> array_concat(all, array_create(x)))', 'array_reduce(a, b, (all, x) -> array_concat(all, x, all))',
  ], // biome-ignore format: one look
  object_construct: ['object_construct(a, b)', 'object_construct("k", a, "l", a, "m", b)'],
  array_create: ['array_create(a, a, b, b)'],
  concat: ['concat(a, b)', 'concat(a, a, a, a, a, a, a, a)', 'concat(concat(a, a), concat(a, a), concat(b, b))'],
  array_concat: ['array_concat(a, b)', 'array_concat(a, a, a, a, a, a, a, a)'],
  array_union: ['array_union(a, b)', 'array_union(array_union(a, b), array_union(b, a))'],
  object_concat: ['object_concat(a, b)', 'object_concat(a, a, a, a)'],
  object_pick: ['object_pick(a, b)', 'object_pick(a, "a.a.a", "k1")'],
  unnest: ['unnest(a)'],
  deduplicate: ['deduplicate(a, true)', 'deduplicate(a, false)'],
  last_value: ['last_value(a, true)'],
  lag: ['lag(a)', 'lag(a, 10000)', 'lag(a, 2, b)'],
  had_changed: ['had_changed(true, a, b)', 'had_changed(false, *)'],
  changed_col: ['changed_col(true, a)'],
  changed_cols: ['changed_cols("c_", true, a, b)', 'changed_cols("", false, *)'],
};

function jsonPaths(name: string): string[] {
  const paths = [
    '$..*', '$..*..*', '$..*..*..*', '$..a', '$..*..x', '$..[0]', '$[*][*]', '$[0:1000000]', '$[?(@.a > 1)]', '$[?(@.a =~ ".*.*1")]',
    '$[?(@ in $)]', '$..[?(@..a)]', '$.a + $.a', '$[-1:0:-1]', '$..*[?(@..* == 1)]', '[$, $, $, $]',
  ]; // biome-ignore format: one look
  return paths.map((path) => `${name}(a, '${path.replaceAll('"', '\\"')}')`);
}

/** @param kinds of functions */
export function callsOf(kinds: readonly FunctionDefinition['kind'][], limits: BudgetLimits = defaultBudgetLimits): Call[] {
  return builtinFunctions()
    .filter((fn) => kinds.includes(fn.kind) && fn.name !== 'dedup_trigger')
    .flatMap((fn) => textsOf(fn).map((sql) => callOf(fn, sql, limits)));
}

function textsOf(fn: FunctionDefinition): readonly string[] {
  const known = literalCalls[fn.name];
  if (known) return known;
  const all = fn.params.map((_, i) => LETTERS[i]!);
  const required = fn.params.filter((p) => !p.optional).length;
  const texts = [`${fn.name}(${all.slice(0, required).join(', ')})`];
  if (required < all.length) texts.push(`${fn.name}(${all.join(', ')})`);
  return texts;
}

function callOf(fn: FunctionDefinition, sql: string, limits: BudgetLimits): Call {
  const columns = [...LETTERS].findLastIndex((letter) => new RegExp(`\\b${letter}\\b`).test(sql.replace(/"[^"]*"|'[^']*'/g, ''))) + 1;
  const wholeRule = fn.kind !== 'scalar' && fn.kind !== 'aggregate';
  return { name: fn.name, sql, columns, wholeRule, run: wholeRule ? ruleRunner(fn, sql) : expressionRunner(sql, limits) };
}

const rowOf = (args: readonly Value[]): Row => Object.fromEntries(args.map((v, i) => [LETTERS[i]!, v]));

/** The expression alone, on a budget of its own, so that its steps can be counted. */
function expressionRunner(sql: string, limits: BudgetLimits): Call['run'] {
  const make = () =>
    compileExpression(parseExpression(sql, sql.includes(' -> ') ? 'standard' : 'ekuiper'), {
      functions,
      env: testEnv(),
      sql,
      standard: true,
    });
  // refuses the statement now
  make();
  const budget = new Budget('rule bad', limits);
  return (args) => {
    // patterns and methods that a call keeps must not save the next one the work
    const evaluate = make();
    let kind: Outcome['kind'] = 'value';
    let text = '';
    try {
      within(budget, 1, () => evaluate(rowOf(args)));
    } catch (error) {
      [kind, text] = outcomeOf(error);
    }
    return { kind, text, steps: budget.steps, bytes: budget.bytes };
  };
}

/** A whole rule; its steps are not counted. */
function ruleRunner(fn: FunctionDefinition, sql: string): Call['run'] {
  const statement = `SELECT ${sql}${fn.kind === 'analytic' && fn.columns ? '' : ' AS v'} FROM demo`;
  startRule(statement, { sqlCompatibility: 'standard' });
  return (args) => {
    const rule = startRule(statement, { sqlCompatibility: 'standard' });
    rule.push('demo', rowOf(args));
    rule.push('demo', rowOf(args));
    const failed = rule.results.find((r) => '$error' in r) as { $error: string } | undefined;
    const text = failed?.$error ?? '';
    return { kind: failed ? (text.includes('basic.rowBudget') ? 'budget' : 'refused') : 'value', text, steps: 0, bytes: 0 };
  };
}

function outcomeOf(error: unknown): [Outcome['kind'], string] {
  const text = messageOf(error);
  if (isBudgetError(error)) return ['budget', text];
  return [isGatewayError(error) ? 'refused' : 'broken', `${(error as Error)?.name}: ${text}`];
}
