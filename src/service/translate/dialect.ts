// What the engines of a data centre say in their own way: names, types, functions, tables over windows. One object for each; the tree is walked in
// expression.ts and select.ts. Function templates take `$1`, `$2`; a function that is not here cannot be said.
import type { FieldType } from '../../contract/schema.ts';

export type Engine = 'flink' | 'risingwave';
export const engines: readonly Engine[] = ['flink', 'risingwave'];

export interface FunctionRule {
  /** By number of arguments; a number that is missing cannot be said. */
  readonly forms: Readonly<Record<number, string>>;
  /** A difference that stays. */
  readonly note?: string;
  readonly aggregate?: true;
}

export interface Dialect {
  readonly engine: Engine;
  readonly title: string;
  quote(name: string): string;
  type(type: FieldType): string;
  interval(ms: number): string;
  /** `object.name`, where the object is no table. */
  member(object: string, name: string): string;
  float(value: number): string;
  /** undefined: the operator is not there. */
  operator(op: string): string | undefined;
  readonly functions: Readonly<Record<string, FunctionRule>>;
}

const number = (name: string): FunctionRule => ({ forms: { 1: `${name}($1)` } });
const aggregate = (name: string): FunctionRule => ({ forms: { 1: `${name}($1)` }, aggregate: true });

const COMMON: Readonly<Record<string, FunctionRule>> = {
  ...Object.fromEntries(
    ['abs', 'ceil', 'floor', 'sqrt', 'exp', 'ln', 'sin', 'cos', 'tan', 'asin', 'acos', 'atan', 'sign', 'upper', 'lower'].map((n) => [
      n,
      number(n.toUpperCase()),
    ]),
  ),
  ...Object.fromEntries(['sum', 'avg', 'min', 'max'].map((n) => [n, aggregate(n.toUpperCase())])),
  count: { forms: { 1: 'COUNT($1)' }, aggregate: true },
  stddev: { ...aggregate('STDDEV_POP') },
  stddevs: { ...aggregate('STDDEV_SAMP') },
  var: { ...aggregate('VAR_POP') },
  vars: { ...aggregate('VAR_SAMP') },
  power: { forms: { 2: 'POWER($1, $2)' } },
  mod: { forms: { 2: 'MOD($1, $2)' } },
  round: { forms: { 1: 'ROUND($1)', 2: 'ROUND($1, $2)' } },
  concat: { forms: { 1: 'CONCAT($1)', 2: 'CONCAT($1, $2)', 3: 'CONCAT($1, $2, $3)', 4: 'CONCAT($1, $2, $3, $4)' } },
  coalesce: { forms: { 1: '$1', 2: 'COALESCE($1, $2)', 3: 'COALESCE($1, $2, $3)', 4: 'COALESCE($1, $2, $3, $4)' } },
  trim: { forms: { 1: 'TRIM($1)' }, note: 'trim takes all white space here, and blanks only there' },
  length: { forms: { 1: 'CHAR_LENGTH($1)' } },
  substring: {
    forms: { 2: 'SUBSTRING($1 FROM ($2) + 1)', 3: 'SUBSTRING($1 FROM ($2) + 1 FOR ($3) - ($2))' },
    note: 'substring counts bytes of UTF-8 here, and characters there',
  },
  window_start: {
    forms: { 0: 'window_start' },
    aggregate: true,
    note: 'window_start and window_end are milliseconds here, and a TIMESTAMP there',
  },
  window_end: {
    forms: { 0: 'window_end' },
    aggregate: true,
    note: 'window_start and window_end are milliseconds here, and a TIMESTAMP there',
  },
};

const BASIC: Readonly<Record<Engine, Readonly<Record<string, string>>>> = {
  flink: { bigint: 'BIGINT', float: 'DOUBLE', string: 'STRING', bytea: 'BYTES', datetime: 'TIMESTAMP_LTZ(3)', boolean: 'BOOLEAN' },
  risingwave: {
    bigint: 'BIGINT',
    float: 'DOUBLE PRECISION',
    string: 'VARCHAR',
    bytea: 'BYTEA',
    datetime: 'TIMESTAMPTZ',
    boolean: 'BOOLEAN',
  },
};

const exponent = (value: number): string => {
  const text = String(value);
  return /e/i.test(text) ? text.toUpperCase() : `${text}E0`;
};
const OPERATORS: Readonly<Record<string, string>> = {
  '!=': '<>',
  '+': '+',
  '-': '-',
  '*': '*',
  '/': '/',
  '%': '%',
  '||': '||',
  AND: 'AND',
  OR: 'OR',
};
const COMPARISONS = new Set(['=', '<', '<=', '>', '>=']);

export const flink: Dialect = {
  engine: 'flink',
  title: 'Flink SQL',
  quote: (name) => `\`${name.replaceAll('`', '``')}\``,
  type(type) {
    if (type.kind === 'array') return `ARRAY<${flink.type(type.element)}>`;
    if (type.kind === 'struct') return `ROW<${type.fields.map((f) => `${flink.quote(f.name)} ${flink.type(f.type)}`).join(', ')}>`;
    return BASIC.flink[type.kind]!;
  },
  interval: (ms) =>
    ms % 1000 === 0 && ms / 1000 <= 99
      ? `INTERVAL '${ms / 1000}' SECOND`
      : `INTERVAL '${(ms / 1000).toFixed(3)}' SECOND(${Math.max(2, String(Math.floor(ms / 1000)).length)}, 3)`,
  member: (object, name) => `${object}.${flink.quote(name)}`,
  float: exponent,
  operator: (op) => OPERATORS[op] ?? (COMPARISONS.has(op) ? op : undefined),
  functions: {
    ...COMMON,
    atan2: { forms: { 2: 'ATAN2($1, $2)' } },
    last_value: { forms: { 1: 'LAST_VALUE($1)' }, aggregate: true },
    first_value: { forms: { 1: 'FIRST_VALUE($1)' }, aggregate: true },
  },
};

export const risingwave: Dialect = {
  engine: 'risingwave',
  title: 'RisingWave SQL',
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  type(type) {
    if (type.kind === 'array') return `${risingwave.type(type.element)}[]`;
    if (type.kind === 'struct')
      return `STRUCT<${type.fields.map((f) => `${risingwave.quote(f.name)} ${risingwave.type(f.type)}`).join(', ')}>`;
    return BASIC.risingwave[type.kind]!;
  },
  interval: (ms) => `INTERVAL '${ms % 1000 === 0 ? ms / 1000 : (ms / 1000).toFixed(3)} second'`,
  member: (object, name) => `(${object}).${risingwave.quote(name)}`,
  float: (value) => `${exponent(value)}`,
  operator: (op) =>
    OPERATORS[op] ?? (COMPARISONS.has(op) ? op : ({ '&': '&', '|': '|', '^': '#', '<<': '<<', '>>': '>>' } as Record<string, string>)[op]),
  functions: { ...COMMON, atan2: { forms: { 2: 'ATAN2($1, $2)' } } },
};

export const dialectOf = (engine: Engine): Dialect => (engine === 'flink' ? flink : risingwave);
