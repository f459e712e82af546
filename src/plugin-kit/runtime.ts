// The part of `@kuiper-gateway/plugin` that runs: defineFunction, defineSource, defineSink, defineLookup and the check of options. The gateway
// itself answers the import with this file (plugin-host/worker/load-module.ts), so a dropped .ts file needs no package; bundles carry a copy.
// Imports nothing but types.
import type { ArgFact, FunctionPlugin, LookupPlugin, Props, SinkPlugin, SourcePlugin } from './types.ts';

/** Version of the contract between gateway and plugins. A gateway takes plugins of its own first number and of no later second one. */
export const API_VERSION = '1.0';

export type OptionType = 'string' | 'int' | 'float' | 'bool' | 'duration' | 'string[]' | 'object' | 'any';

/** One option, as data: checked before `create`, shown as a form field in /metadata, listed by `kuiper plugin describe`. */
export interface OptionSpec {
  /** `duration`: `10s`, `1m30s` or milliseconds; the plugin gets milliseconds. */
  type: OptionType;
  doc: string;
  default?: unknown;
  required?: boolean;
  oneOf?: readonly (string | number)[];
  min?: number;
  max?: number;
  /** Never shown or exported in clear. */
  secret?: boolean;
}

type Parsed<T extends OptionType> = T extends 'string'
  ? string
  : T extends 'int' | 'float' | 'duration'
    ? number
    : T extends 'bool'
      ? boolean
      : T extends 'string[]'
        ? string[]
        : T extends 'object'
          ? Record<string, unknown>
          : unknown;

/** Options after the check: required ones and those with a default are there. */
export type OptionsOf<S extends Record<string, OptionSpec>> = {
  [K in keyof S]: S[K] extends { required: true } | { default: NonNullable<unknown> }
    ? Parsed<S[K]['type']>
    : Parsed<S[K]['type']> | undefined;
};

/** What a gateway reads of a plugin without running it. */
export interface PluginFacts {
  apiVersion: string;
  kind: 'function' | 'source' | 'sink' | 'lookup';
  doc: string;
  options: readonly (OptionSpec & { name: string })[];
  args?: readonly ArgSpec[];
}

export interface ArgSpec {
  name: string;
  /** Literals of another type are refused when the rule is made. */
  type?: 'any' | 'number' | 'int' | 'string' | 'bool';
  optional?: boolean;
  /** Only as the last one: any number of further arguments. */
  rest?: boolean;
  doc?: string;
}

/** A factory with its facts: each place of use gets its own instance. */
export type Defined<T> = (() => T) & { readonly plugin: PluginFacts };

export interface FunctionDefinition {
  doc?: string;
  /** Names and types of the arguments; their number is checked when a rule is made. */
  args?: readonly ArgSpec[];
  aggregate?: boolean;
  /** Without state of its own … */
  exec?: FunctionPlugin['exec'];
  /** … or an instance for each place in a rule. */
  create?(): Pick<FunctionPlugin, 'exec'>;
  validate?(args: readonly ArgFact[]): void;
}

export function defineFunction(d: FunctionDefinition): Defined<FunctionPlugin> {
  if ((d.exec === undefined) === (d.create === undefined)) throw new TypeError('defineFunction needs exec or create, and not both');
  return defined('function', d.doc, undefined, d.args, (): FunctionPlugin => {
    const instance: Pick<FunctionPlugin, 'exec'> = d.create ? d.create() : { exec: d.exec! };
    return {
      exec: (args, ctx) => instance.exec(args, ctx),
      validate(args) {
        if (d.args) checkArguments(d.args, args);
        d.validate?.(args);
      },
      isAggregate: () => d.aggregate === true,
    };
  });
}

/** What sources and lookups have in common: `configure` gets the datasource and the parsed options. */
function readsFrom<S extends Record<string, OptionSpec>>(
  inner: { configure?(given: { datasource: string; options: OptionsOf<S>; props: Props }): void | Promise<void> },
  specs: S | undefined,
): object {
  return {
    ...methodsOf(inner),
    configure(datasource: string, props: Props) {
      const options = parseOptions(specs ?? ({} as S), props);
      return inner.configure?.({ datasource, props, options });
    },
  };
}

export interface SourceDefinition<S extends Record<string, OptionSpec>> {
  doc?: string;
  options?: S;
  /** One instance for each place of use; options come with `configure`. */
  create(): Omit<SourcePlugin, 'configure'> & {
    /** Called before open, also when a rule is only checked. @throws an error to refuse the stream */
    configure?(given: { datasource: string; options: OptionsOf<S>; props: Props }): void | Promise<void>;
  };
}

export function defineSource<const S extends Record<string, OptionSpec>>(d: SourceDefinition<S>): Defined<SourcePlugin> {
  return defined('source', d.doc, d.options, undefined, () => readsFrom(d.create(), d.options) as SourcePlugin);
}

export interface SinkDefinition<S extends Record<string, OptionSpec>> {
  doc?: string;
  options?: S;
  create(): Omit<SinkPlugin, 'configure'> & { configure?(given: { options: OptionsOf<S>; props: Props }): void | Promise<void> };
}

export function defineSink<const S extends Record<string, OptionSpec>>(d: SinkDefinition<S>): Defined<SinkPlugin> {
  return defined('sink', d.doc, d.options, undefined, () => {
    const inner = d.create();
    return {
      ...methodsOf(inner),
      configure(props: Props) {
        const options = parseOptions(d.options ?? ({} as S), props);
        return inner.configure?.({ props, options });
      },
    } as SinkPlugin;
  });
}

export interface LookupDefinition<S extends Record<string, OptionSpec>> {
  doc?: string;
  options?: S;
  create(): Omit<LookupPlugin, 'configure'> & {
    configure?(given: { datasource: string; options: OptionsOf<S>; props: Props }): void | Promise<void>;
  };
}

/** Exported as `<Name>Lookup`. */
export function defineLookup<const S extends Record<string, OptionSpec>>(d: LookupDefinition<S>): Defined<LookupPlugin> {
  return defined('lookup', d.doc, d.options, undefined, () => readsFrom(d.create(), d.options) as LookupPlugin);
}

/** Makes an error that the gateway does not try again: the row is discarded, counted and shown. */
export function finalError(message: string): Error & { retriable: false } {
  return Object.assign(new Error(message), { retriable: false as const });
}

function defined<T>(
  kind: PluginFacts['kind'],
  doc: string | undefined,
  options: Record<string, OptionSpec> | undefined,
  args: readonly ArgSpec[] | undefined,
  make: () => T,
): Defined<T> {
  const plugin: PluginFacts = {
    apiVersion: API_VERSION,
    kind,
    doc: doc ?? '',
    options: Object.entries(options ?? {}).map(([name, spec]) => ({ name, ...spec })),
    ...(args ? { args } : {}),
  };
  return Object.assign(() => make(), { plugin });
}

const METHODS = ['open', 'pull', 'close', 'offset', 'rewind', 'collect', 'lookup'] as const;

/** The methods of an instance, bound to it, whether they are its own or its class's. */
function methodsOf(inner: object): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const name of METHODS) {
    const method = (inner as Record<string, unknown>)[name];
    if (typeof method === 'function') out[name] = method.bind(inner);
  }
  return out;
}

function checkArguments(specs: readonly ArgSpec[], args: readonly ArgFact[]): void {
  const least = specs.filter((s) => !s.optional && !s.rest).length;
  const most = specs.at(-1)?.rest ? Number.POSITIVE_INFINITY : specs.length;
  if (args.length < least || args.length > most) {
    const wanted = most === least ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
    throw new Error(`Expect ${wanted} arguments (${specs.map((s) => s.name).join(', ')}) but found ${args.length}.`);
  }
  args.forEach((arg, i) => {
    const { type = 'any', name } = specs[Math.min(i, specs.length - 1)]!;
    if (!arg.literal || type === 'any' || arg.value === null) return;
    const ok = type === 'int' ? arg.node === 'int' : type === 'number' ? arg.node === 'int' || arg.node === 'float' : arg.node === type;
    if (!ok) throw new Error(`Expect ${type} for argument ${i + 1} (${name}) but found ${arg.text}.`);
  });
}

/** Checks options by their specs; every problem is reported at once. Names are found in any case, as the gateway's own are.
 *  @throws Error that names each bad option */
export function parseOptions<const S extends Record<string, OptionSpec>>(specs: S, props: Props): OptionsOf<S> {
  const given = new Map(Object.entries(props ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const out: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const value = given.get(name.toLowerCase());
    if (value === undefined || value === null || (value === '' && spec.type !== 'string')) {
      if (spec.required) problems.push(`option ${name} is missing (${spec.doc})`);
      out[name] = spec.type === 'duration' && spec.default !== undefined ? durationOf(spec.default) : spec.default;
      continue;
    }
    try {
      out[name] = convert(spec, value);
    } catch (error) {
      problems.push(`option ${name}: ${spec.secret ? '******' : shown(value)} ${(error as Error).message}`);
    }
  }
  if (problems.length > 0) throw new Error(problems.join('; '));
  return out as OptionsOf<S>;
}

const shown = (value: unknown): string => (typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? String(value)));

function convert(spec: OptionSpec, value: unknown): unknown {
  let v = value;
  switch (spec.type) {
    case 'string':
      if (typeof v === 'number' || typeof v === 'boolean') v = String(v);
      if (typeof v !== 'string') throw new Error('is not text');
      break;
    case 'int':
    case 'float':
      if (typeof v === 'string' && v.trim() !== '') v = Number(v);
      if (typeof v === 'bigint') v = Number(v);
      if (typeof v !== 'number' || !Number.isFinite(v)) throw new Error('is not a number');
      if (spec.type === 'int' && !Number.isSafeInteger(v)) throw new Error('is not a whole number');
      break;
    case 'bool':
      if (v === 'true' || v === 'false') v = v === 'true';
      if (typeof v !== 'boolean') throw new Error('is not true or false');
      break;
    case 'duration':
      v = durationOf(v);
      break;
    case 'string[]':
      if (typeof v === 'string') v = v.split(',').map((s) => s.trim());
      if (!Array.isArray(v) || v.some((e) => typeof e !== 'string')) throw new Error('is not a list of texts');
      break;
    case 'object':
      if (typeof v !== 'object' || v === null || Array.isArray(v)) throw new Error('is not an object');
      break;
    case 'any':
      break;
  }
  if (spec.oneOf && !spec.oneOf.includes(v as string | number)) throw new Error(`is not one of ${spec.oneOf.join(', ')}`);
  if (typeof v === 'number' && spec.min !== undefined && v < spec.min) throw new Error(`is below ${spec.min}`);
  if (typeof v === 'number' && spec.max !== undefined && v > spec.max) throw new Error(`is above ${spec.max}`);
  return v;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `10s`, `1m30s`, `250ms` or milliseconds. @returns milliseconds */
function durationOf(value: unknown): number {
  const number = typeof value === 'bigint' ? Number(value) : value;
  if (typeof number === 'number' && number >= 0 && Number.isFinite(number)) return number;
  const text = String(value).trim();
  if (/^\d+$/.test(text)) return Number(text);
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text)
    throw new Error('is not a duration such as 10s, 1m30s or 250 (ms)');
  return parts.reduce((sum, [, n, unit]) => sum + Number(n) * UNITS_MS[unit!]!, 0);
}
