// Options of components as data: one spec per connector gives typed parsing, errors that name the option, secrets that are masked,
// etc/<type>/<name>.json and the docs. Wire names are eKuiper's (matched case-insensitively); the parsed object has our names with units.
import { parseBytes } from '../base/bytes.ts';
import { parseDurationMs } from '../base/duration.ts';
import { GatewayError } from '../base/errors/gateway-error.ts';
import { maskText, maskValue } from '../base/secrets.ts';
import { shownValue } from '../base/shown.ts';

export { parseDurationMs };

export type Props = Record<string, unknown>;

/** Rows that a queue or a batch may be told to hold in memory. */
export const MAX_BUFFER_ROWS = 1_000_000;

export type OptionType = 'string' | 'int' | 'float' | 'bool' | 'duration' | 'bytes' | 'string[]' | 'object' | 'object[]' | 'map' | 'any';

/** Kinds of places into which a template puts values of messages. */
export type DynamicKind =
  | 'file-path'
  | 'url'
  | 'http-method'
  | 'body-type'
  | 'headers'
  | 'form-fields'
  | 'mqtt-topic'
  | 'user-properties'
  | 'flag'
  | 'memory-topic'
  | 'table-name'
  | 'modbus-unit';

export interface OptionSpec {
  /** eKuiper's wire name, e.g. `interval`. */
  name: string;
  /** Key of the parsed object, with unit, e.g. `intervalMs`. Default: the wire name. */
  as?: string;
  /** Further accepted wire names (old spellings). */
  aliases?: readonly string[];
  type: OptionType;
  default?: unknown;
  required?: boolean;
  /** Allowed values. */
  oneOf?: readonly (string | number)[];
  min?: number;
  max?: number;
  /** Never printed, returned or exported in clear. */
  secret?: boolean;
  /** The value may hold a template `{{…}}` that is evaluated per message (sinks): what a message may choose then, decided in
   *  templates/rendered/ and listed in docs/security.md. */
  dynamic?: DynamicKind;
  doc: string;
  example?: unknown;
  /** Exact eKuiper error text for a bad or missing value, where recorded. `{value}` is filled in. */
  error?: string;
  advanced?: boolean;
  /** Members of an `object`, or of each element of `object[]`. */
  fields?: readonly OptionSpec[];
  /** eKuiper has it and this version has not: why, and what to do instead. A value that asks for something is refused with it. */
  absent?: string;
  /** It is taken and changes nothing: why. Said to whoever sets it to something else than the default. */
  noEffect?: string;
  /** A number outside of min to max is taken as the nearer of the two, and told of. eKuiper takes it; elsewhere it is refused. */
  clamps?: true;
  /** Version in which it came; not set: 0.1.0. */
  since?: string;
}

/** Names that an option may be written with. */
export const namesOf = (spec: OptionSpec): string[] => [spec.name, ...(spec.aliases ?? [])];

/** What is allowed, in words, for errors and pages; '' = anything of the type. */
export function rangeOf({ min, max, oneOf }: Pick<OptionSpec, 'min' | 'max' | 'oneOf'>): string {
  if (oneOf) return oneOf.map((o) => (o === '' ? '""' : String(o))).join(', ');
  if (min !== undefined && max !== undefined) return `${min} to ${max}`;
  if (min !== undefined) return `${min} or more`;
  return max === undefined ? '' : `${max} or less`;
}

export const clamped = ({ min = -Infinity, max = Infinity }: OptionSpec, value: number): number => Math.min(max, Math.max(min, value));

/** Values that ask for nothing. */
const NEUTRAL: readonly unknown[] = [undefined, null, '', false, 'false', 'never', 0];

/** @returns true when a value of an absent option would have an effect in eKuiper */
export const asksForSomething = (value: unknown): boolean => !NEUTRAL.includes(value);

/** Parses raw properties by a spec. Unknown names are kept in `rest` (eKuiper ignores them); every problem is reported at once.
 *  @throws GatewayError CONNECTOR_OPTION naming component and option(s) */
export function parseOptions<T = Record<string, any>>(component: string, specs: readonly OptionSpec[], raw: Props): T {
  const byName = new Map<string, unknown>();
  for (const [k, v] of Object.entries(raw)) byName.set(k.toLowerCase(), v);
  const out: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const spec of specs) {
    const key = spec.as ?? spec.name;
    let value: unknown;
    for (const n of namesOf(spec)) {
      const v = byName.get(n.toLowerCase());
      if (v !== undefined && v !== null) {
        value = v;
        break;
      }
    }
    if (value === undefined || (value === '' && spec.type !== 'string')) {
      if (spec.required) problems.push(spec.error ?? `property ${spec.name} is required`);
      out[key] = spec.default;
      continue;
    }
    if (spec.required && value === '') {
      problems.push(spec.error ?? `property ${spec.name} is required`);
      continue;
    }
    if (spec.dynamic === 'flag' && typeof value === 'string' && value.includes('{{')) {
      out[key] = spec.default; // each message says it
      continue;
    }
    try {
      out[key] = convert(spec, value);
    } catch (error) {
      const shown = spec.secret ? '******' : maskText(typeof value === 'string' ? value : shownValue(value));
      problems.push(spec.error ? spec.error.replaceAll('{value}', shown) : `property ${spec.name}: ${(error as Error).message}`);
    }
  }
  if (problems.length) throw new GatewayError('CONNECTOR_OPTION', { component, problems: problems.join('; ') });
  return out as T;
}

/** A larger number is another one than the one that was written. */
const EXACT = `a whole number of at most ${Number.MAX_SAFE_INTEGER}`;

/** @throws Error that says what the value is not, without the name of the option */
export function convert(spec: OptionSpec, value: unknown): unknown {
  const shown = spec.secret ? '******' : maskText(shownValue(value));
  const fail = (what: string): never => {
    throw new Error(`${shown} is not ${what}`);
  };
  let v: unknown = value;
  switch (spec.type) {
    case 'string':
      if (typeof value === 'number' || typeof value === 'boolean') v = String(value);
      else if (typeof value !== 'string') fail('a text');
      break;
    case 'int':
    case 'float':
      v = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (!Number.isFinite(v)) fail(spec.type === 'int' ? 'a whole number' : 'a number');
      if (spec.type === 'int' && !Number.isSafeInteger(v)) fail(Number.isInteger(v) ? EXACT : 'a whole number');
      break;
    case 'bool':
      v = value === 'true' ? true : value === 'false' ? false : value;
      if (typeof v !== 'boolean') fail('true or false');
      break;
    case 'duration':
      v = parseDurationMs(value);
      break;
    case 'bytes':
      v = parseBytes(value);
      break;
    case 'string[]':
      if (typeof value === 'string') v = value.split(',').map((s) => s.trim());
      else if (!Array.isArray(value) || value.some((e) => typeof e !== 'string')) fail('a list of texts');
      break;
    case 'object':
    case 'map':
      if (typeof value !== 'object' || value === null || Array.isArray(value)) fail('an object');
      checkFields(spec, value as Props);
      break;
    case 'object[]':
      if (!Array.isArray(value) || value.some((e) => typeof e !== 'object' || e === null)) fail('a list of objects');
      for (const part of value as Props[]) checkFields(spec, part);
      break;
    case 'any':
      break;
  }
  if (
    spec.oneOf &&
    !spec.oneOf.some((o) => o === v || (typeof o === 'string' && typeof v === 'string' && o.toLowerCase() === v.toLowerCase()))
  )
    throw new Error(`${shown} is not one of ${spec.oneOf.join(', ')}`);
  if (typeof v === 'number') {
    const unit = spec.type === 'duration' ? ' ms' : '';
    if (spec.min !== undefined && v < spec.min) throw new Error(`${shown} is below ${spec.min}${unit}; allowed: ${rangeOf(spec)}${unit}`);
    if (spec.max !== undefined && v > spec.max) throw new Error(`${shown} is above ${spec.max}${unit}; allowed: ${rangeOf(spec)}${unit}`);
  }
  return v;
}

/** Members that are there and declared. @throws Error naming the member */
function checkFields({ fields }: OptionSpec, value: Props): void {
  for (const problem of wrongValues(fields ?? [], value)) throw new Error(`member ${problem}`);
}

/** What is wrong with the values that are there, each with its name; nothing is missed that is not there. For sets of properties that complete others. */
export function wrongValues(specs: readonly OptionSpec[], raw: Props): string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(raw)) {
    const spec = specs.find((s) => namesOf(s).some((n) => n.toLowerCase() === name.toLowerCase()));
    // what stands for a secret is known when it is put in
    const isTemplate = typeof value === 'string' && (value.includes('${secret:') || (spec?.dynamic !== undefined && value.includes('{{')));
    if (!spec || spec.absent !== undefined || value === undefined || value === null || value === '' || isTemplate) continue;
    try {
      convert(spec, value);
    } catch (error) {
      problems.push(`${spec.name}: ${(error as Error).message}`);
    }
  }
  return problems;
}

/** A deep copy with secret values replaced by `******`: for REST answers, logs and exports. See base/secrets.ts. */
export function maskSecrets(props: unknown, specs: readonly OptionSpec[] = []): unknown {
  const names = specs.filter((s) => s.secret).flatMap(namesOf);
  return maskValue(props, '', new Set(names.map((n) => n.toLowerCase())));
}
